-- question: Where did device time go?
-- units: hours; share 0 to 1 of the sweep's hours; mfu 0 to 1
-- caveat: A phase that several cells share counts once. Work done again stands beside, not in, gpu_hours.
-- param sweep text: Name of the sweep.
select kind, system, phases, gpu_hours, superseded_gpu_hours, gpu_hours / nullif(sum(gpu_hours) over (), 0) as share, tokens, mfu
from study.gpu_hours
where sweep = :sweep
order by gpu_hours desc nulls last, kind, system
