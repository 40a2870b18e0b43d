-- question: How long will the sweep still take?
-- units: hours; hours_left: on the clock while as many slots work for it as now
-- caveat: From the mean of what is finished of the same kind and system; null until something of it is. The long phases of a chain cannot run side by side, so the end is never sooner.
-- param sweep text: Name of the sweep.
select kind, system, phases_left, phases_worth, finished_phases, mean_gpu_seconds, gpu_hours_left, busy_slots,
  sum(gpu_hours_left) over () / nullif(busy_slots, 0) as hours_left
from study.time_left
where sweep = :sweep
order by gpu_hours_left desc nulls last, kind, system
