create or replace view study.last_values as
select
  st.sweep,
  st.cell,
  t.trial_key,
  p.phase_key,
  p.kind,
  t.task,
  t.system,
  t.latents,
  t.channel,
  t.seed,
  n.name as metric,
  l.step,
  l.value,
  p.state as phase_state
from sweep_trials st
join trials t on t.trial_id = st.trial_id
join trial_phases tp on tp.trial_id = st.trial_id
join phases p on p.phase_id = tp.phase_id
join metric_last l on l.phase_id = p.phase_id
join metric_names n on n.metric = l.metric;

comment on view study.last_values is
  'Last recorded value of every metric of every phase of every cell; a shared phase''s under each of its cells.';
comment on column study.last_values.sweep is 'Name of the sweep.';
comment on column study.last_values.cell is 'Number of the cell.';
comment on column study.last_values.trial_key is 'Identity of the trial.';
comment on column study.last_values.phase_key is 'Identity of the phase.';
comment on column study.last_values.kind is 'base, pretrain, finetune, evaluate or analyse.';
comment on column study.last_values.task is 'Task.';
comment on column study.last_values.system is 'System of the trial.';
comment on column study.last_values.latents is 'Latent budget N_L; 0 for systems without latents.';
comment on column study.last_values.channel is 'What is exchanged per latent; null for systems without a channel.';
comment on column study.last_values.seed is 'Seed.';
comment on column study.last_values.metric is 'Name of the metric.';
comment on column study.last_values.step is 'Step of the value.';
comment on column study.last_values.value is 'The value.';
comment on column study.last_values.phase_state is 'State of the phase: a running one goes on.';
