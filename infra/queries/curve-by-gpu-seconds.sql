-- question: How did a metric go over the device time of one cell?
-- units: gpu_seconds: device time of the phase up to the step, seconds, work done again left out
-- caveat: Time within a segment is spread evenly over its steps.
-- param sweep text: Name of the sweep.
-- param cell integer: Number of the cell.
-- param metric text = loss_nats: Name of the metric.
-- param kind text = finetune: Kind of phase.
with segment as (
  select from_step, to_step, seconds, coalesce(sum(seconds) over (order by from_step rows between unbounded preceding and 1 preceding), 0) as before
  from study.segments
  where sweep = :sweep and cell = :cell and kind = :kind and superseded_by is null
)
select c.step, s.before + s.seconds * (c.step - s.from_step) / (s.to_step - s.from_step) as gpu_seconds, c.value
from study.curves c
join segment s on c.step > s.from_step and c.step <= s.to_step
where c.sweep = :sweep and c.cell = :cell and c.metric = :metric and c.kind = :kind
order by c.step
