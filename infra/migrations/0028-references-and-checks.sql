-- Which sweep's batch has the claim of a phase stands beside the claim, instead of being read out of the workflow's id by every question about
-- it. And what rows were always meant to be is checked: rows from before stay as they are (not valid), new ones must agree.

alter table phases add column owner_sweep text;
comment on column phases.owner_sweep is 'Sweep whose batch has the claim; null while nobody has it.';
update phases set owner_sweep = split_part(owner_workflow_id, '/', 2) where owner_workflow_id like 'batch/%';

-- no check ties it to the claim: a replica of the version before, still running, gives a claim back without knowing of it
alter table phases
  add constraint phases_agree check (total_steps >= 0 and attempt >= 0 and fence >= 0) not valid;
alter table sweeps add constraint sweeps_agree check (revision >= 1 and cells >= 0 and weight > 0 and (width is null or width >= 1)) not valid;
alter table trials
  add constraint trials_agree check (latents >= 0 and (state = 'planned') = (closed_at is null)) not valid;
alter table attempts
  add constraint attempts_agree check (attempt >= 1 and fence >= 1 and slot >= 0 and resume_step >= 0 and step >= 0 and last_seq >= 0) not valid;
alter table nodes add constraint nodes_agree check (slots >= 0 and memory_bytes >= 0) not valid;
alter table checkpoints add constraint checkpoints_agree check (step >= 0 and bytes >= 0) not valid;
alter table sweep_trials
  add constraint sweep_trials_state check (state in ('planned', 'finished', 'failed', 'stopped_early')) not valid;
alter table sweep_phases
  add constraint sweep_phases_state check (state in ('planned', 'running', 'finished', 'failed')) not valid;

-- Rows that come once for a segment, an item or a phase refer to it. Metrics do not: a key costs their ingest, and they are written
-- under the lock of an attempt alone.
alter table attempt_progress add foreign key (phase_id) references phases not valid;
alter table phase_costs add foreign key (phase_id) references phases not valid;
alter table gpu_seconds add foreign key (phase_id) references phases not valid;
alter table evaluation_items add foreign key (phase_id) references phases not valid;
alter table evaluation_items_superseded add foreign key (phase_id) references phases not valid;
comment on table metrics is
  'Values of metrics by step, one of each. Without foreign keys, which would cost ingest: rows are written only under the lock of an open attempt.';
