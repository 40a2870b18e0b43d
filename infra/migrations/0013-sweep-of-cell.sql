-- Cells of a sweep in their order without sorting all of them: the name of the sweep stands beside each cell, so that an index of both answers
-- `where sweep = ... order by cell limit ...`. Joined to the table of sweeps, the planner cannot know that a name is one sweep.

alter table sweep_trials add column sweep text;
comment on column sweep_trials.sweep is 'Name of the sweep, which never changes; kept by a trigger.';
update sweep_trials st set sweep = s.name from sweeps s where s.sweep_id = st.sweep_id;
alter table sweep_trials alter column sweep set not null;
create index sweep_trials_by_name on sweep_trials (sweep, cell);

-- Every trial that ends changes a row of each; index-only scans are quick where few pages have changed since the last vacuum.
alter table sweep_trials set (autovacuum_vacuum_scale_factor = 0.02);
alter table trials set (autovacuum_vacuum_scale_factor = 0.02);
alter table phases set (autovacuum_vacuum_scale_factor = 0.02);

create or replace function take_trial_state() returns trigger language plpgsql as $$
begin
  -- whoever closes the trial meanwhile waits, and then finds the cell
  select t.state, t.closed_at, s.name into new.state, new.closed_at, new.sweep
  from trials t, sweeps s
  where t.trial_id = new.trial_id and s.sweep_id = new.sweep_id
  for share of t;
  return new;
end
$$;
comment on function take_trial_state() is 'A new cell may be of a trial that another sweep has closed; its sweep''s name is written beside it.';

-- Left joins of rows that always exist: a query that names none of their columns does without them.
create or replace view study.cells as
select
  st.sweep,
  st.cell,
  t.trial_key,
  study.cell_state(
    s.state, s.state_at, st.state, st.closed_at,
    st.trial_id in (
      select tp.trial_id from phases ph join trial_phases tp on tp.phase_id = ph.phase_id where ph.state = 'running'
    )
  ) as state,
  t.system,
  t.task,
  t.latents,
  t.channel,
  t.capacity_floats_per_latent,
  t.seed,
  st.point,
  case when t.attempts is null then (select o.accuracy from trial_outcome(t.trial_id) o) else t.accuracy end as accuracy,
  case when t.attempts is null then (select o.chance from trial_outcome(t.trial_id) o) else t.chance end as chance,
  case when t.attempts is null then (select o.items from trial_outcome(t.trial_id) o) else t.items end as items,
  case when t.attempts is null then (select o.split from trial_outcome(t.trial_id) o) else t.split end as split,
  case when t.attempts is null then (select o.final_loss from trial_outcome(t.trial_id) o) else t.final_loss end as final_loss,
  case when t.attempts is null then (select o.steps from trial_outcome(t.trial_id) o) else t.steps end as steps,
  case when t.attempts is null then (select o.total_steps from trial_outcome(t.trial_id) o) else t.total_steps end as total_steps,
  case when t.attempts is null then (select o.attempts from trial_outcome(t.trial_id) o) else t.attempts end as attempts,
  t.failure,
  t.message,
  case when t.attempts is null then (select o.gpu_seconds from trial_outcome(t.trial_id) o) else t.gpu_seconds end as gpu_seconds,
  st.closed_at,
  st.revision
from sweep_trials st
left join sweeps s on s.sweep_id = st.sweep_id
left join trials t on t.trial_id = st.trial_id;
