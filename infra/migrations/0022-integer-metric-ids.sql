-- Ids of metric names as integers: a smallint ended at 32,767 names for a whole database, and names that a refused segment brought counted too.
-- Rows and index entries stay as long as they were, since the two bytes were padding; the four tables are written anew once (4 million rows
-- of metrics took 17 s on two busy cores), with as much free disk as they take. A sequence that stood at its end goes on.
drop view study.curves;

alter table metric_names alter column metric type integer;
alter table metrics alter column metric type integer;
alter table metric_last alter column metric type integer;
alter table metrics_superseded alter column metric type integer;

create view study.curves as
select
  s.name as sweep,
  st.cell,
  t.trial_key,
  p.phase_key,
  p.kind,
  t.system,
  t.task,
  t.latents,
  t.channel,
  t.capacity_floats_per_latent,
  t.seed,
  st.point,
  n.name as metric,
  m.step,
  m.value,
  m.attempt
from sweep_trials st
join sweeps s on s.sweep_id = st.sweep_id
join trials t on t.trial_id = st.trial_id
join trial_phases tp on tp.trial_id = t.trial_id
join phases p on p.phase_id = tp.phase_id
join metrics m on m.phase_id = p.phase_id
join metric_names n on n.metric = m.metric;
comment on view study.curves is 'Every recorded number of every cell. A shared phase appears under each of its cells: pick one cell, or select distinct.';
comment on column study.curves.sweep is 'Name of the sweep.';
comment on column study.curves.cell is 'Number of the cell.';
comment on column study.curves.trial_key is 'Identity of the trial.';
comment on column study.curves.phase_key is 'Identity of the phase.';
comment on column study.curves.kind is 'base, pretrain, finetune, evaluate or analyse.';
comment on column study.curves.system is 'System of the trial.';
comment on column study.curves.task is 'Task.';
comment on column study.curves.latents is 'Latent budget N_L.';
comment on column study.curves.channel is 'What is exchanged per latent.';
comment on column study.curves.capacity_floats_per_latent is 'Floats exchanged per latent.';
comment on column study.curves.seed is 'Seed.';
comment on column study.curves.point is 'Axis values by dotted path.';
comment on column study.curves.metric is 'Name of the metric, such as loss_nats.';
comment on column study.curves.step is 'Optimizer step, from 1.';
comment on column study.curves.value is 'The value.';
comment on column study.curves.attempt is 'Attempt that recorded it.';

-- What a node says is checked before it comes here; these hold for whatever way it came. Rows from before are not looked at (not valid): a
-- database that took impossible ones keeps them. The cost of a segment may still be marked as superseded.
alter table evaluations add constraint evaluations_agree
  check (items >= 0 and correct between 0 and items and accuracy between 0 and 1 and chance between 0 and 1) not valid;
alter table evaluation_items add constraint evaluation_items_agree check (item >= 0 and tokens >= 0 and seconds >= 0) not valid;
alter table gpu_seconds add constraint gpu_seconds_agree
  check (superseded_by is not null or (from_step >= 0 and to_step > from_step and seconds >= 0 and tokens >= 0)) not valid;
