-- Numbers of a closed cell lie beside it; those of an open one are looked up. Attempts and device time are what people add up over all cells:
-- calling trial_outcome for each open one would take ten times as long.
create or replace view study.cells as
select
  st.sweep,
  st.cell,
  t.trial_key,
  shown.state,
  st.system,
  st.task,
  st.latents,
  st.channel,
  st.capacity_floats_per_latent,
  st.seed,
  shown_point(st.point, st.latents) as point,
  case when st.attempts is null then (select o.accuracy from trial_outcome(st.trial_id) o) else st.accuracy end as accuracy,
  case when st.attempts is null then (select o.chance from trial_outcome(st.trial_id) o) else st.chance end as chance,
  case when st.attempts is null then (select o.items from trial_outcome(st.trial_id) o) else st.items end as items,
  case when st.attempts is null then (select o.split from trial_outcome(st.trial_id) o) else st.split end as split,
  case when st.attempts is null then (select o.final_loss from trial_outcome(st.trial_id) o) else st.final_loss end as final_loss,
  case when st.attempts is null then (select o.steps from trial_outcome(st.trial_id) o) else st.steps end as steps,
  case when st.attempts is null then (select o.total_steps from trial_outcome(st.trial_id) o) else st.total_steps end as total_steps,
  case when st.attempts is null then (
      select coalesce(sum(ph.attempt), 0)::integer from trial_phases tp join phases ph on ph.phase_id = tp.phase_id where tp.trial_id = st.trial_id
    ) else st.attempts end as attempts,
  case when st.state = 'failed' then t.failure end as failure,
  case when st.state = 'failed' then t.message end as message,
  case when st.attempts is null then (
      select sum(pc.seconds + pc.superseded_seconds)
      from trial_phases tp join phase_costs pc on pc.phase_id = tp.phase_id where tp.trial_id = st.trial_id
    ) else st.gpu_seconds end as gpu_seconds,
  st.closed_at,
  st.revision,
  case when st.attempts is null then (select o.final_loss from trial_outcome(st.trial_id) o) else st.final_loss end as final_training_loss,
  (
    select avg(a.value)
    from trial_phases tp join analyses a on a.phase_id = tp.phase_id and a.name = 'perplexity' and a.label = ''
    where tp.trial_id = st.trial_id
  ) as validation_perplexity
from sweep_trials st
left join cell_states shown on shown.sweep = st.sweep and shown.trial_state = st.state
  and shown.activity = case
    when st.state <> 'planned' then 'none'
    when st.trial_id in (select tp.trial_id from running_phases r join trial_phases tp on tp.phase_id = r.phase_id where r.is_own) then 'own'
    when st.trial_id in (select tp.trial_id from running_phases r join trial_phases tp on tp.phase_id = r.phase_id where not r.is_own) then 'shared'
    else 'none'
  end
left join trials t on t.trial_id = st.trial_id;

comment on view study.cells is 'One row per cell of every sweep: where it is in the grid, its state, its result.';
comment on column study.cells.sweep is 'Name of the sweep.';
comment on column study.cells.cell is 'Number of the cell in the sweep, from 0.';
comment on column study.cells.trial_key is 'Identity of the trial; sweeps that overlap share it.';
comment on column study.cells.state is
  'planned, waiting (for a running phase that other cells need too), running, paused, finished, failed, cancelled or stopped_early.';
comment on column study.cells.system is 'System of the study.';
comment on column study.cells.task is 'Task.';
comment on column study.cells.latents is 'Latent budget N_L.';
comment on column study.cells.channel is 'What is exchanged per latent; null for systems without a channel.';
comment on column study.cells.capacity_floats_per_latent is 'Floats exchanged per latent.';
comment on column study.cells.seed is 'Seed.';
comment on column study.cells.point is 'Axis values by dotted path.';
comment on column study.cells.accuracy is 'Exact-match accuracy, 0 to 1; null until evaluated.';
comment on column study.cells.chance is 'Accuracy of guessing, 0 to 1.';
comment on column study.cells.items is 'Items evaluated.';
comment on column study.cells.split is 'Split evaluated.';
comment on column study.cells.final_loss is 'The same as final_training_loss; kept for queries that were written before it.';
comment on column study.cells.steps is 'Committed optimizer steps of the trial''s own training.';
comment on column study.cells.total_steps is 'Optimizer steps of the trial''s own training when it is done.';
comment on column study.cells.attempts is 'Attempts of all its phases, shared ones included.';
comment on column study.cells.failure is 'Failure class of a failed trial.';
comment on column study.cells.message is 'Why it failed, one sentence.';
comment on column study.cells.gpu_seconds is 'Device time of all its phases, shared ones in full.';
comment on column study.cells.closed_at is 'When the trial was closed.';
comment on column study.cells.revision is 'Revision of the sweep that brought the cell.';
comment on column study.cells.final_training_loss is
  'Last committed training loss of the trial''s own training, nats per target: of one batch, on what it was trained on. The same as final_loss.';
comment on column study.cells.validation_perplexity is
  'exp of nats per token on text that was not trained on; null where the evaluation does not ask for it.';
