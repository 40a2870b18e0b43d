create or replace view study.curves as
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
  shown_point(st.point, st.latents) as point,
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

comment on view study.curves is
  'Every recorded number of every cell. A shared phase appears under each of its cells: pick one cell, or select distinct.';
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
