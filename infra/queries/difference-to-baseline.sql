-- question: How far is each system above a baseline?
-- units: accuracies and difference 0 to 1; interval: 95 %, of the mean over seeds by Student's t; null with one seed
-- caveat: Differences are taken seed by seed. The interval knows of the seeds alone, not of how few questions there are; paired-difference counts questions.
-- param sweep text: Name of the sweep.
-- param baseline text = no_cot: System to compare with.
with cell as (
  select task, split, system, latents, channel, seed, avg(accuracy) as accuracy
  from study.cells
  where sweep = :sweep and state = 'finished' and accuracy is not null
  group by task, split, system, latents, channel, seed
), mean as (
  select c.task, c.split, c.system, c.latents, c.channel, count(*)::integer as seeds, avg(c.accuracy) as accuracy,
    avg(b.accuracy) as baseline_accuracy, avg(c.accuracy - b.accuracy) as difference, stddev_samp(c.accuracy - b.accuracy) as sd
  from cell c
  join cell b on b.task = c.task and b.split = c.split and b.seed = c.seed and b.system = :baseline
    and (b.latents = c.latents or b.latents = 0)
  where c.system <> :baseline
  group by c.task, c.split, c.system, c.latents, c.channel
)
select m.task, m.split, m.system, m.latents, m.channel, m.seeds, m.accuracy, m.baseline_accuracy, m.difference,
  m.difference - t.factor * m.sd / sqrt(m.seeds) as difference_low,
  m.difference + t.factor * m.sd / sqrt(m.seeds) as difference_high
from mean m
-- 97.5 % quantiles of Student's t by degrees of freedom, seeds less one; that of 30 for more
left join unnest(array[12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
  2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042]::double precision[])
  with ordinality t (factor, freedom) on t.freedom = least(m.seeds - 1, 30)
order by m.task, m.split, m.difference desc nulls last, m.system, m.latents
