-- question: Which checkpoints of a cell are there, and where?
-- units: bytes; step: optimizer step after which it was taken
-- caveat: Older checkpoints are collected while a phase goes on: their rows stay, their files do not.
-- param sweep text: Name of the sweep.
-- param cell integer: Number of the cell.
select position, kind, step, total_steps, is_final, damaged, bytes, node, at, uri
from study.checkpoints
where sweep = :sweep and cell = :cell
order by position, step desc
