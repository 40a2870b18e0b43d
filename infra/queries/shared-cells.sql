-- question: Which cells does the sweep share with other sweeps?
-- units: cell numbers of both sweeps
-- caveat: A shared trial was computed once; both sweeps show its numbers.
-- param sweep text: Name of the sweep.
select c.cell, o.sweep as other_sweep, o.cell as other_cell, c.state, c.system, c.latents, c.seed, c.accuracy
from study.cells c
join study.cells o on o.trial_key = c.trial_key and o.sweep <> c.sweep
where c.sweep = :sweep
order by c.cell, o.sweep, o.cell
