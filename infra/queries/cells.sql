-- question: What are the cells of the sweep, and what came out of each?
-- units: accuracy and chance 0 to 1; final_training_loss nats per target; steps: optimizer steps of the cell's own training
-- caveat: attempts counts those of shared phases too.
-- param sweep text: Name of the sweep.
-- param state text = null: Only cells in this state; null = all.
-- param system text = null: Only this system; null = all.
-- param limit integer = 1000: Rows at most.
select cell, state, system, latents, channel, task, seed, point, accuracy, chance, items as questions, final_training_loss, steps, total_steps, attempts
from study.cells
where sweep = :sweep and (:state is null or state = :state) and (:system is null or system = :system)
order by cell
limit :limit
