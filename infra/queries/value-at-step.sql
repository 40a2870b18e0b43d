-- question: What was a metric at one step in every cell?
-- units: as the metric has it (loss_nats: nats per target)
-- caveat: A cell whose phase has not come to the step is not in it.
-- param sweep text: Name of the sweep.
-- param step integer: Optimizer step.
-- param metric text = loss_nats: Name of the metric.
-- param kind text = finetune: Kind of phase.
select cell, system, latents, channel, seed, value
from study.curves
where sweep = :sweep and metric = :metric and kind = :kind and step = :step
order by cell
