-- question: How did a metric go over the steps of one cell, smoothed?
-- units: step: optimizer steps; value as the metric has it (loss_nats: nats per target)
-- caveat: A moving mean over the last window steps: the first rows average fewer.
-- param sweep text: Name of the sweep.
-- param cell integer: Number of the cell.
-- param metric text = loss_nats: Name of the metric.
-- param kind text = finetune: Kind of phase: base, pretrain, finetune, evaluate or analyse.
-- param window integer = 20: Steps of the moving mean.
select step, value, avg(value) over (order by step rows between :window - 1 preceding and current row) as smoothed
from study.curves
where sweep = :sweep and cell = :cell and metric = :metric and kind = :kind
order by step
