create or replace view study.answers as
select
  s.name as sweep,
  st.cell,
  t.trial_key,
  t.task,
  t.system,
  t.latents,
  t.channel,
  t.capacity_floats_per_latent,
  t.seed,
  shown_point(st.point, st.latents) as point,
  t.settings -> 'task' as task_settings,
  t.settings -> 'model' as model,
  e.split,
  e.items,
  e.chance,
  e.accuracy,
  answered.correct,
  answered.item_set,
  c.conditions,
  c.comparable
from sweep_trials st
join sweeps s on s.sweep_id = st.sweep_id
join trials t on t.trial_id = st.trial_id
join trial_phases tp on tp.trial_id = t.trial_id
join evaluations e on e.phase_id = tp.phase_id
cross join lateral (
  select
    string_agg(case when i.correct then '1' else '0' end, '' order by i.item)::bit varying as correct,
    bit_xor(hashtextextended(i.gold, i.item)) as item_set
  from evaluation_items i
  where i.phase_id = tp.phase_id
) answered
cross join lateral (
  select
    md5(like_it.settings::text || like_it.axes::text) as conditions,
    md5((like_it.settings - 'curriculum' #- '{train,stepsPerStage}' #- '{train,epochsPerStage}')::text) as comparable
  from (
    select
      -- what a system determines itself; what of it a sweep varies is among the axes
      t.settings - '{system,channel,latents,seed,query,gradThroughCache,softInit,coprocessorInit,evaluate,analyse}'::text[]
        #- '{train,lr}' #- '{pretrain,lr}' as settings,
      coalesce(jsonb_object_agg(axis.path, axis.value)
        filter (where axis.path not in ('system', 'latents', 'seed') and axis.path !~ '^channel(\.|$)'), '{}') as axes
    from jsonb_each(st.point) axis (path, value)
  ) like_it
) c;

comment on view study.answers is
  'One row per cell and finished evaluation, with its right and wrong answers as bits: what tests of equal questions compare.';
comment on column study.answers.sweep is 'Name of the sweep.';
comment on column study.answers.cell is 'Number of the cell.';
comment on column study.answers.trial_key is 'Identity of the trial.';
comment on column study.answers.task is 'Task.';
comment on column study.answers.system is 'System of the study.';
comment on column study.answers.latents is 'Latent budget N_L.';
comment on column study.answers.channel is 'What is exchanged per latent; null for systems without a channel.';
comment on column study.answers.capacity_floats_per_latent is 'Floats exchanged per latent.';
comment on column study.answers.seed is 'Seed.';
comment on column study.answers.point is 'Axis values by dotted path.';
comment on column study.answers.task_settings is 'Settings of the task.';
comment on column study.answers.model is 'Model: its shape, or where its weights are from.';
comment on column study.answers.split is 'Split evaluated.';
comment on column study.answers.items is 'Items evaluated.';
comment on column study.answers.chance is 'Accuracy of guessing, 0 to 1.';
comment on column study.answers.accuracy is 'Share of right answers, 0 to 1.';
comment on column study.answers.correct is 'One bit per item in order of their numbers: 1 = right. Null where items were not recorded.';
comment on column study.answers.item_set is 'Hash of item numbers and right answers: equal for evaluations of the same questions.';
comment on column study.answers.conditions is
  'Hash of everything but system, channel, latents, seed and what follows from the system: equal for cells that differ in nothing else.';
comment on column study.answers.comparable is
  'Hash of task, model, Base and recipe without curriculum, number of steps and evaluation: what a system without latents can have in common with one that has some.';
