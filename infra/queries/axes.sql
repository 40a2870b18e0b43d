-- question: What does the sweep vary, and over how many values?
-- units: distinct values
-- caveat: Seeds are listed when there are several, although the sweep file has them in a key of their own.
-- param sweep text: Name of the sweep.
select path, count(distinct value)::integer as distinct_values
from (
  select e.key as path, e.value from study.cells c cross join lateral jsonb_each(c.point) e where c.sweep = :sweep
  union all
  select 'seed', to_jsonb(seed) from study.cells where sweep = :sweep
) p
group by path
having path <> 'seed' or count(distinct value) > 1
order by path
