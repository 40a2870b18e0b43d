-- Idempotency key: sweep and trial. When another planner took one of the wanted numbers meanwhile, all new cells are appended at the end,
-- so that no cell is lost; the sweep's row is locked.
with shared as materialized (
  -- who closes one of them meanwhile waits, and then finds the cell
  select trial_id, trial_key from trials where trial_key = any ($4::text[]) order by trial_key for share
),
wanted as (
  select w.cell, t.trial_id, w.point
  from unnest($3::integer[], $4::text[], $5::jsonb[]) as w(cell, trial_key, point)
  join shared t on t.trial_key = w.trial_key
  where not exists (select from sweep_trials had where had.sweep_id = $1::integer and had.trial_id = t.trial_id)
),
taken as (
  select exists (select from wanted w join sweep_trials had on had.sweep_id = $1::integer and had.cell = w.cell) as clash,
    (select coalesce(max(cell), -1) from sweep_trials where sweep_id = $1::integer) as last
)
insert into sweep_trials (sweep_id, cell, trial_id, revision, point)
select $1::integer, case when taken.clash then taken.last + row_number() over (order by w.cell) else w.cell end,
  w.trial_id, $2::integer, w.point
from wanted w cross join taken
