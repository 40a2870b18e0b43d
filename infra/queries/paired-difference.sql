-- question: Is one system better than another on the same questions?
-- units: difference: accuracy of a less accuracy of b, 0 to 1; interval: 95 %, by questions (normal), seeds of one question taken together
-- caveat: Direction: positive = a is better. A question that several seeds answered counts once, with its mean difference. Fewer than some 30 questions: the interval is too narrow.
-- param sweep text: Name of the sweep.
-- param a text: System.
-- param b text: System to compare with.
with question as (
  select x.task, x.split, x.latents as latents_a, y.latents as latents_b, x.channel as channel_a, y.channel as channel_b, x.item,
    avg(x.correct::integer)::double precision as a, avg(y.correct::integer)::double precision as b, count(*) as seeds
  from study.items x
  join study.items y on y.sweep = x.sweep and y.task = x.task and y.split = x.split and y.seed = x.seed and y.item = x.item and y.gold = x.gold
    and (x.latents = y.latents or x.latents = 0 or y.latents = 0)
  where x.sweep = :sweep and x.system = :a and y.system = :b and x.phase_state = 'finished' and y.phase_state = 'finished'
  group by x.task, x.split, x.latents, y.latents, x.channel, y.channel, x.item
)
select task, split, latents_a, latents_b, channel_a, channel_b, max(seeds)::integer as seeds, count(*)::integer as questions,
  avg(a) as accuracy_a, avg(b) as accuracy_b, avg(a - b) as difference,
  avg(a - b) - 1.96 * stddev_samp(a - b) / sqrt(count(*)) as difference_low,
  avg(a - b) + 1.96 * stddev_samp(a - b) / sqrt(count(*)) as difference_high,
  (count(*) filter (where a > b))::integer as a_better, (count(*) filter (where b > a))::integer as b_better
from question
group by task, split, latents_a, latents_b, channel_a, channel_b
order by task, split, latents_a, latents_b, channel_a, channel_b
