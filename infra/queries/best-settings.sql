-- question: Which points of the grid are best, over their seeds?
-- units: accuracy and interval ends 0 to 1; final_training_loss nats per target
-- caveat: Chosen on the split that was evaluated: report a chosen point on another split. Points with fewer seeds scatter more.
-- param sweep text: Name of the sweep.
-- param limit integer = 10: Rows at most.
select task, split, system, latents, channel, point, seeds, accuracy, accuracy_low, accuracy_high, chance, final_loss as final_training_loss
from study.accuracy
where sweep = :sweep
order by accuracy desc nulls last, task, system, latents
limit :limit
