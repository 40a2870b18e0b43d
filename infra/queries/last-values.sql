-- question: What is the last value of a metric in every cell?
-- units: as the metric has it (loss_nats: nats per target)
-- caveat: Of a phase that runs it is the last so far: see phase_state.
-- param sweep text: Name of the sweep.
-- param metric text = loss_nats: Name of the metric.
-- param kind text = finetune: Kind of phase.
select cell, task, system, latents, channel, seed, step, value, phase_state
from study.last_values
where sweep = :sweep and metric = :metric and kind = :kind
order by cell
