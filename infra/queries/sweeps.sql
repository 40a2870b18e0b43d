-- question: Which sweeps are there, and how far is each?
-- units: cells by state; times as they are
-- caveat: While a sweep is being planned the counts sum to less than its cells.
-- param sweep text = null: Only this sweep; null = all.
select sweep, state, cells, planned, waiting, running, paused, finished, failed, cancelled, stopped_early, priority, created_at, state_at
from study.sweeps
where :sweep is null or sweep = :sweep
order by created_at desc, sweep
