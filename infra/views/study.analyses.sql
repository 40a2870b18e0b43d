create or replace view study.analyses as
select
  s.name as sweep,
  st.cell,
  t.trial_key,
  t.system,
  t.task,
  t.latents,
  t.channel,
  t.capacity_floats_per_latent,
  t.seed,
  p.kind as phase,
  a.name as analysis,
  a.label,
  a.i,
  a.j,
  a.value,
  shown_point(st.point, st.latents) as point,
  p.phase_key
from analyses a
join phases p on p.phase_id = a.phase_id
join trial_phases tp on tp.phase_id = p.phase_id
join trials t on t.trial_id = tp.trial_id
join sweep_trials st on st.trial_id = t.trial_id
join sweeps s on s.sweep_id = st.sweep_id;

comment on view study.analyses is
  'Every number of the analyses of every cell: causal tests of the latents (analysis causal_accuracy and causal_loss, label = intervention), geometry of the latent space, attention. services/trainer/analyses/README.md lists them.';
comment on column study.analyses.sweep is 'Name of the sweep.';
comment on column study.analyses.cell is 'Number of the cell.';
comment on column study.analyses.trial_key is 'Identity of the trial.';
comment on column study.analyses.system is 'System of the trial.';
comment on column study.analyses.task is 'Task.';
comment on column study.analyses.latents is 'Latent budget N_L.';
comment on column study.analyses.channel is 'What is exchanged per latent.';
comment on column study.analyses.capacity_floats_per_latent is 'Floats exchanged per latent.';
comment on column study.analyses.seed is 'Seed.';
comment on column study.analyses.phase is 'Kind of the phase that computed it: evaluate, analyse, ...';
comment on column study.analyses.analysis is 'What was computed, such as cross_capture or causal_accuracy.';
comment on column study.analyses.label is 'A variant of it, such as the intervention; empty where there is none.';
comment on column study.analyses.i is 'First index from 0 (slot or layer); null where the number stands for the whole.';
comment on column study.analyses.j is 'Second index from 0; null where there is none.';
comment on column study.analyses.value is 'The number; NaN where it is not defined.';
comment on column study.analyses.point is 'Axis values by dotted path.';
comment on column study.analyses.phase_key is 'Identity of the phase.';
