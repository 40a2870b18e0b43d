-- question: What happened to a cell, and why?
-- units: times as they are
-- caveat: A shared phase is part of the story of each of its cells.
-- param sweep text: Name of the sweep.
-- param cell integer: Number of the cell.
select s.at, s.kind as phase, s.attempt, s.node, s.text
from study.story s
join study.cells c on c.trial_key = s.trial_key
where c.sweep = :sweep and c.cell = :cell
order by s.at, s.rank
