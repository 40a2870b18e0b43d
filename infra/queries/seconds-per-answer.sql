-- question: What does an answer cost?
-- units: seconds of wall time and tokens for one answer, medians over questions; accuracy 0 to 1
-- caveat: The share of its batch: depends on the batch, the device and what ran beside it.
-- param sweep text: Name of the sweep.
select task, system, latents, channel, count(*)::integer as answers, percentile_cont(0.5) within group (order by seconds) as median_seconds,
  percentile_cont(0.5) within group (order by tokens) as median_tokens, avg(correct::integer)::double precision as accuracy
from study.items
where sweep = :sweep
group by task, system, latents, channel
order by task, median_seconds, system, latents
