-- $2: metrics whose last value was dropped.
insert into metric_last (metric, phase_id, step, value)
select gone.metric, $1::bigint, last.step, last.value
from unnest($2::integer[]) as gone(metric)
cross join lateral (
  select m.step, m.value from metrics m
  where m.phase_id = $1::bigint and m.metric = gone.metric
  order by m.step desc limit 1
) last
