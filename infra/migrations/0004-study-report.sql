-- What comparisons are made of: every cell's answers as one string of bits, cells in pairs, accuracy by capacity, GPU hours.

create view study.answers as
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
  st.point,
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
comment on view study.answers is 'One row per cell and finished evaluation, with its right and wrong answers as bits: what tests of equal questions compare.';
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
comment on column study.answers.conditions is 'Hash of everything but system, channel, latents, seed and what follows from the system: equal for cells that differ in nothing else.';
comment on column study.answers.comparable is 'Hash of task, model, Base and recipe without curriculum, number of steps and evaluation: what a system without latents can have in common with one that has some.';

create view study.pairs as
select
  a.sweep,
  a.task,
  a.split,
  a.seed,
  case when a.system <> b.system then 'system' when a.latents <> b.latents then 'latents' else 'channel' end as differs,
  a.cell as cell_a,
  b.cell as cell_b,
  a.system as system_a,
  b.system as system_b,
  a.latents as latents_a,
  b.latents as latents_b,
  a.channel as channel_a,
  b.channel as channel_b,
  a.items,
  bit_count(a.correct & b.correct) as both_correct,
  bit_count(a.correct & ~b.correct) as only_a,
  bit_count(~a.correct & b.correct) as only_b,
  bit_count(~a.correct & ~b.correct) as neither
from study.answers a
join study.answers b
  on b.sweep = a.sweep and b.task = a.task and b.split = a.split and b.seed = a.seed and b.item_set = a.item_set
  and b.comparable = a.comparable and b.cell > a.cell and bit_length(b.correct) = bit_length(a.correct)
where case
  when a.system = b.system then
    a.conditions = b.conditions and ((a.latents <> b.latents) <> (a.channel is distinct from b.channel))
  else
    (a.latents = b.latents or a.latents = 0 or b.latents = 0)
    and (a.channel is null or b.channel is null or a.channel = b.channel
      or substring(a.channel from '^[a-z]+') <> substring(b.channel from '^[a-z]+'))
    and (a.conditions = b.conditions
      or ((a.system in ('cot', 'no_cot', 'continued_pretraining')) <> (b.system in ('cot', 'no_cot', 'continued_pretraining'))
        and a.point -> 'train.lr' is not distinct from b.point -> 'train.lr'))
end;
comment on view study.pairs is 'Every two cells of a sweep that answered the same questions from the same seed and differ in exactly the system, the latents or the channel. A system without latents is paired with every latent budget; against cot, no_cot and continued_pretraining curriculum and number of steps may differ too. Two systems with channels of one kind are paired where the channels are equal.';
comment on column study.pairs.sweep is 'Name of the sweep.';
comment on column study.pairs.task is 'Task.';
comment on column study.pairs.split is 'Split evaluated.';
comment on column study.pairs.seed is 'Seed of both.';
comment on column study.pairs.differs is 'system, latents or channel: what sets the two apart.';
comment on column study.pairs.cell_a is 'Cell a, the lower number.';
comment on column study.pairs.cell_b is 'Cell b.';
comment on column study.pairs.system_a is 'System of cell a.';
comment on column study.pairs.system_b is 'System of cell b.';
comment on column study.pairs.latents_a is 'Latent budget N_L of cell a.';
comment on column study.pairs.latents_b is 'Latent budget N_L of cell b.';
comment on column study.pairs.channel_a is 'Channel of cell a.';
comment on column study.pairs.channel_b is 'Channel of cell b.';
comment on column study.pairs.items is 'Questions that both answered.';
comment on column study.pairs.both_correct is 'Questions that both got right.';
comment on column study.pairs.only_a is 'Questions that only a got right.';
comment on column study.pairs.only_b is 'Questions that only b got right.';
comment on column study.pairs.neither is 'Questions that both got wrong.';

create view study.capacity as
select
  a.sweep,
  a.task,
  a.split,
  a.system,
  a.latents,
  a.channel,
  a.capacity_floats_per_latent,
  a.latents * a.capacity_floats_per_latent as capacity_floats,
  a.point,
  a.seeds,
  a.items,
  a.accuracy,
  a.accuracy_sd,
  a.accuracy - a.chance as above_chance
from study.accuracy a
where a.latents > 0 and a.capacity_floats_per_latent is not null;
comment on view study.capacity is 'Accuracy over the seeds against the width of the channel: one row per point of the grid with a channel or soft tokens.';
comment on column study.capacity.sweep is 'Name of the sweep.';
comment on column study.capacity.task is 'Task.';
comment on column study.capacity.split is 'Split evaluated.';
comment on column study.capacity.system is 'System of the study.';
comment on column study.capacity.latents is 'Latent budget N_L.';
comment on column study.capacity.channel is 'What is exchanged per latent.';
comment on column study.capacity.capacity_floats_per_latent is 'Floats exchanged per latent.';
comment on column study.capacity.capacity_floats is 'Floats exchanged by all latents.';
comment on column study.capacity.point is 'Axis values by dotted path, without the seed.';
comment on column study.capacity.seeds is 'Finished seeds.';
comment on column study.capacity.items is 'Items evaluated over all seeds.';
comment on column study.capacity.accuracy is 'Mean accuracy, 0 to 1.';
comment on column study.capacity.accuracy_sd is 'Sample standard deviation over seeds; null with one seed.';
comment on column study.capacity.above_chance is 'Mean accuracy less that of guessing.';

create view study.gpu_hours as
select
  ph.sweep,
  ph.kind,
  ph.system,
  count(*)::integer as phases,
  sum(cost.seconds) / 3600 as gpu_hours,
  sum(cost.superseded_seconds) / 3600 as superseded_gpu_hours,
  sum(cost.tokens)::bigint as tokens
from (
  select
    s.name as sweep,
    tp.phase_id,
    p.kind,
    case when min(t.system) = max(t.system) then min(t.system) end as system
  from sweep_trials st
  join sweeps s on s.sweep_id = st.sweep_id
  join trials t on t.trial_id = st.trial_id
  join trial_phases tp on tp.trial_id = t.trial_id
  join phases p on p.phase_id = tp.phase_id
  group by s.name, tp.phase_id, p.kind
) ph
cross join lateral (
  select
    coalesce(sum(g.seconds) filter (where g.superseded_by is null), 0) as seconds,
    coalesce(sum(g.seconds) filter (where g.superseded_by is not null), 0) as superseded_seconds,
    coalesce(sum(g.tokens) filter (where g.superseded_by is null), 0) as tokens
  from gpu_seconds g
  where g.phase_id = ph.phase_id
) cost
group by ph.sweep, ph.kind, ph.system;
comment on view study.gpu_hours is 'Device time of a sweep by kind of phase and system; a phase that several cells share counts once.';
comment on column study.gpu_hours.sweep is 'Name of the sweep.';
comment on column study.gpu_hours.kind is 'base, pretrain, finetune, evaluate or analyse.';
comment on column study.gpu_hours.system is 'System; null for phases that several systems share, such as the Base.';
comment on column study.gpu_hours.phases is 'Phases, whether they have run or not.';
comment on column study.gpu_hours.gpu_hours is 'Device time of the work that counts, hours.';
comment on column study.gpu_hours.superseded_gpu_hours is 'Device time of work that was done again after a loss, hours; not part of gpu_hours.';
comment on column study.gpu_hours.tokens is 'Tokens of the work that counts.';
