-- question: When did a metric first fall below a value?
-- units: step: optimizer steps; null = it never did, last_value says how far it came
-- caveat: The first step below, not the step from which on it stays below.
-- param sweep text: Name of the sweep.
-- param value number: The value to fall below.
-- param metric text = loss_nats: Name of the metric.
-- param kind text = finetune: Kind of phase.
select l.cell, l.system, l.latents, l.seed,
  (select min(c.step) from study.curves c
    where c.sweep = :sweep and c.cell = l.cell and c.kind = :kind and c.metric = :metric and c.value < :value) as first_step,
  l.step as last_step, l.value as last_value
from study.last_values l
where l.sweep = :sweep and l.kind = :kind and l.metric = :metric
order by first_step nulls last, l.cell
