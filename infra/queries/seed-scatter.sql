-- question: How much do the seeds of one point scatter?
-- units: accuracy 0 to 1
-- caveat: binomial_sd is what chance alone would give with so many questions: sd near it says nothing about seeds.
-- param sweep text: Name of the sweep.
select task, system, latents, channel, point - 'seed' as point, count(*)::integer as seeds, min(accuracy) as worst, avg(accuracy) as mean,
  max(accuracy) as best, stddev_samp(accuracy) as sd, sqrt(avg(accuracy) * (1 - avg(accuracy)) / avg(items)) as binomial_sd,
  array_agg(accuracy order by seed) as by_seed
from study.cells
where sweep = :sweep and state = 'finished' and accuracy is not null
group by task, system, latents, channel, point - 'seed'
order by sd desc nulls last, task, system, latents
