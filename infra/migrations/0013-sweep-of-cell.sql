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

-- Cells are counted by what stands beside them, in the order of their index; what their sweep makes of that is worked out on a handful of rows.
create or replace view study.sweeps as
select
  s.name as sweep,
  s.revision,
  s.state,
  s.cells,
  case when s.state in ('cancelled', 'paused') then 0 else c.planned - r.running end as planned,
  r.running,
  case when s.state = 'paused' then c.planned else 0 end as paused,
  c.finished,
  c.failed,
  case when s.state = 'cancelled' then c.planned + c.closed_later else 0 end as cancelled,
  c.stopped_early,
  s.priority,
  s.weight,
  s.width,
  s.created_at,
  s.state_at
from sweeps s
cross join lateral (
  select
    coalesce(sum(x.cells) filter (where x.state = 'planned'), 0)::integer as planned,
    coalesce(sum(x.cells - x.later) filter (where x.state = 'finished'), 0)::integer as finished,
    coalesce(sum(x.cells - x.later) filter (where x.state = 'failed'), 0)::integer as failed,
    coalesce(sum(x.cells - x.later) filter (where x.state = 'stopped_early'), 0)::integer as stopped_early,
    coalesce(sum(x.later) filter (where x.state <> 'planned'), 0)::integer as closed_later
  from (
    -- a cancelled sweep does not count what another one does with its trials afterwards
    select st.state, count(*) as cells, count(*) filter (where st.closed_at > cut.at) as later
    from sweep_trials st cross join (select case when s.state = 'cancelled' then s.state_at else 'infinity' end as at) cut
    where st.sweep_id = s.sweep_id
    group by st.state
  ) x
) c
cross join lateral (
  select count(distinct tp.trial_id)::integer as running
  from phases ph
  join trial_phases tp on tp.phase_id = ph.phase_id
  join sweep_trials st on st.trial_id = tp.trial_id and st.sweep_id = s.sweep_id and st.state = 'planned'
  where ph.state = 'running' and s.state not in ('paused', 'cancelled')
) r;
