-- question: How does accuracy change over two axes of the grid?
-- units: accuracy 0 to 1; n: finished cells averaged; cells: all cells of the place, whatever their state
-- caveat: Cells that differ in other axes, such as the seed or the system, are averaged into one number; narrow it with system. A path that the sweep does not vary gives one row of (not an axis).
-- param sweep text: Name of the sweep.
-- param x text = latents: First axis: a dotted path of the sweep file, or system, latents, channel, task, seed.
-- param y text = system: Second axis.
-- param system text = null: Only this system; null = all.
with cell as (
  select c.*,
    jsonb_build_object('system', c.system, 'latents', c.latents, 'channel', c.channel, 'task', c.task, 'seed', c.seed) as named
  from study.cells c
  where c.sweep = :sweep and (:system is null or c.system = :system)
), placed as (
  select
    coalesce(case when named ? :x then named ->> :x else point ->> :x end, case when named ? :x or point ? :x then '(none)' else '(not an axis)' end) as x,
    coalesce(case when named ? :y then named ->> :y else point ->> :y end, case when named ? :y or point ? :y then '(none)' else '(not an axis)' end) as y,
    task, split, state, accuracy
  from cell
)
select task, x, y, (count(*) filter (where state = 'finished' and accuracy is not null))::integer as n, count(*)::integer as cells,
  avg(accuracy) filter (where state = 'finished') as accuracy, stddev_samp(accuracy) filter (where state = 'finished') as accuracy_sd
from placed
group by task, x, y
order by task, case when x ~ '^-?[0-9.]+$' then x::numeric end nulls last, x, case when y ~ '^-?[0-9.]+$' then y::numeric end nulls last, y
