select
  count(*) filter (where state in ('finished', 'stopped_early')) as finished,
  count(*) filter (where state = 'failed') as failed,
  count(*) filter (where state = 'planned') as open
from sweep_trials
where sweep = (select name from sweeps where sweep_id = $1::integer)
