-- question: How did a metric go on average over seeds, by system and budget?
-- units: step: first optimizer step of each bucket; mean and sd as the metric has it; runs: cells that reached the bucket
-- caveat: One kind of phase at a time: Base and finetune have equal steps. Where runs falls, short runs have dropped out of the mean.
-- param sweep text: Name of the sweep.
-- param metric text = loss_nats: Name of the metric.
-- param kind text = finetune: Kind of phase.
-- param buckets integer = 100: Steps are averaged into so many buckets.
with bound as (
  select greatest(max(step), 1) as last from study.last_values where sweep = :sweep and metric = :metric and kind = :kind
), run as (
  select c.system, c.latents, c.channel, c.cell, (c.step - 1) * least(:buckets, b.last) / b.last as bucket, avg(c.value) as value, min(c.step) as step
  from study.curves c
  cross join bound b
  where c.sweep = :sweep and c.metric = :metric and c.kind = :kind
  group by c.system, c.latents, c.channel, c.cell, 5
)
select system, latents, channel, min(step) as step, count(*)::integer as runs, avg(value) as mean, stddev_samp(value) as sd
from run
group by system, latents, channel, bucket
order by system, latents, channel, bucket
