-- $3, $4: starts and ends of the ranges that run already. Open is what open-trials.sql answers; an index holds those cells alone, in order.
with first as (
  select st.cell
  from sweep_trials st
  join trials t on t.trial_id = st.trial_id
  where st.sweep_id = $1::integer
    and st.state = 'planned' and t.state = 'planned'
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
