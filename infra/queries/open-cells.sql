-- question: What is not finished, and why?
-- units: cells; phases by state
-- caveat: waits_for speaks of phases that fit no slot of the fleet; all others wait for their turn.
-- param sweep text: Name of the sweep.
-- param limit integer = 100: Cells at most.
select c.cell, c.state, c.system, c.latents, c.seed, c.steps, c.total_steps, c.failure, c.message, p.kind as phase, p.state as phase_state, p.waits_for
from (
  select * from study.cells where sweep = :sweep and state <> 'finished' order by cell limit :limit
) c
left join lateral (
  select kind, state, waits_for from study.phases
  where sweep = :sweep and cell = c.cell and state <> 'finished'
  order by position
  limit 1
) p on true
order by c.cell
