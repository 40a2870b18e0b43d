create or replace view study.items as
select
  st.sweep,
  st.cell,
  t.trial_key,
  t.task,
  t.system,
  t.latents,
  t.channel,
  t.seed,
  e.split,
  i.item,
  i.prediction,
  i.gold,
  i.correct,
  i.tokens,
  i.seconds,
  p.phase_key,
  p.state as phase_state
from sweep_trials st
join trials t on t.trial_id = st.trial_id
join trial_phases tp on tp.trial_id = st.trial_id
join phases p on p.phase_id = tp.phase_id and p.kind in ('evaluate', 'simulate')
join evaluation_items i on i.phase_id = p.phase_id
left join evaluations e on e.phase_id = p.phase_id;

comment on view study.items is
  'One row per cell and evaluated question: what the model said and what was right. Questions of an evaluation that still runs are there as they come.';
comment on column study.items.sweep is 'Name of the sweep.';
comment on column study.items.cell is 'Number of the cell.';
comment on column study.items.trial_key is 'Identity of the trial.';
comment on column study.items.task is 'Task.';
comment on column study.items.system is 'System of the study.';
comment on column study.items.latents is 'Latent budget N_L; 0 for systems without latents.';
comment on column study.items.channel is 'What is exchanged per latent; null for systems without a channel.';
comment on column study.items.seed is 'Seed.';
comment on column study.items.split is 'Split evaluated; null until the evaluation is finished.';
comment on column study.items.item is 'Number of the question in its split, from 0: the same question in every cell of one task and split.';
comment on column study.items.prediction is 'What the model said.';
comment on column study.items.gold is 'The right answer.';
comment on column study.items.correct is 'Whether the task''s verifier took the prediction for right.';
comment on column study.items.tokens is 'Tokens generated.';
comment on column study.items.seconds is 'Wall time, the question''s share of its batch, seconds.';
comment on column study.items.phase_key is 'Identity of the evaluation.';
comment on column study.items.phase_state is 'State of the evaluation: numbers are whole when it is finished.';
