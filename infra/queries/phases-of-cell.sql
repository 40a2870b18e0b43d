-- question: Which phases does a cell need, and how far is each?
-- units: steps: optimizer steps, of evaluations batches
-- caveat: A phase that several cells share runs once; skipped: nobody will run it, because the cell ended before.
-- param sweep text: Name of the sweep.
-- param cell integer: Number of the cell.
select position, kind, state, step, total_steps, attempts, node, failure, message
from study.phases
where sweep = :sweep and cell = :cell
order by position
