create or replace view study.pairs as
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
  bit_count(~a.correct & ~b.correct) as neither,
  a.accuracy as accuracy_a,
  b.accuracy as accuracy_b,
  (bit_count(a.correct & ~b.correct) - bit_count(~a.correct & b.correct))::double precision / a.items as a_minus_b
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

comment on view study.pairs is
  'Every two cells of a sweep that answered the same questions from the same seed and differ in exactly the system, the latents or the channel. A system without latents is paired with every latent budget; against cot, no_cot and continued_pretraining curriculum and number of steps may differ too. Two systems with channels of one kind are paired where the channels are equal.';
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
comment on column study.pairs.accuracy_a is 'Accuracy of cell a, 0 to 1.';
comment on column study.pairs.accuracy_b is 'Accuracy of cell b, 0 to 1.';
comment on column study.pairs.a_minus_b is
  'Accuracy of cell a less that of cell b on these questions, -1 to 1: positive = a is better. Which cell is a follows from its number in the grid alone, so look at system_a, latents_a and channel_a.';
