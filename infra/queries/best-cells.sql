-- question: Which cells came out best?
-- units: accuracy and chance 0 to 1; final_training_loss nats per target; gpu_seconds of the cell, shared phases divided
-- caveat: The best of many cells looks better than it is: seeds of the same point scatter. Compare points (best-settings), not cells.
-- param sweep text: Name of the sweep.
-- param limit integer = 10: Rows at most.
select c.cell, c.system, c.latents, c.channel, c.seed, c.point, c.accuracy, c.chance, c.items as questions, c.final_training_loss,
  k.gpu_seconds_share as gpu_seconds
from study.cells c
join study.cell_costs k on k.sweep = c.sweep and k.cell = c.cell
where c.sweep = :sweep and c.state = 'finished'
order by c.accuracy desc nulls last, c.cell
limit :limit
