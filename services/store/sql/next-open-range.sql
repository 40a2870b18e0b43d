-- $3, $4: starts and ends of the ranges that run already. `offset 0` keeps the planner from hashing the whole grid for one row: cells are
-- walked in order until the first open one (4 to 7 us for each closed one before it, on a busy box).
with first as (
  select st.cell
  from sweep_trials st
  cross join lateral (select from trials t where t.trial_id = st.trial_id and t.state = 'planned' offset 0) open
  where st.sweep_id = $1::integer
    and not exists (
      select from unnest($3::integer[], $4::integer[]) as busy(start, stop)
      where st.cell >= busy.start and st.cell < busy.stop
    )
  order by st.cell
  limit 1
)
select first.cell as start,
  least(
    first.cell + $2::integer,
    (select max(cell) + 1 from sweep_trials where sweep_id = $1::integer),
    (select min(start) from unnest($3::integer[]) as busy(start) where start > first.cell)
  ) as stop
from first
