-- Counts that add up. A cell whose only running phase is shared with other trials waits for it: fourteen cells of one running Base are not
-- fourteen running cells. Cells that are not written yet are planned; a sweep has as many cells as it has distinct trials. In a closed sweep
-- the phases that nobody will run any more are no longer planned ones.

alter table cell_states add column activity text;
update cell_states set activity = case when running then 'own' else 'none' end;

-- two rows of a phase are looked at, however many trials share it
create view running_phases as
select ph.phase_id, (select count(*) from (select from trial_phases tp where tp.phase_id = ph.phase_id limit 2) few) = 1 as is_own
from phases ph
where ph.state = 'running';
comment on view running_phases is 'Phases with an open attempt.';
comment on column running_phases.phase_id is 'The phase.';
comment on column running_phases.is_own is 'Whether one trial alone needs it.';

create or replace view study.cells as
select
  st.sweep,
  st.cell,
  t.trial_key,
  shown.state,
  st.system,
  st.task,
  st.latents,
  st.channel,
  st.capacity_floats_per_latent,
  st.seed,
  st.point,
  case when st.attempts is null then (select o.accuracy from trial_outcome(st.trial_id) o) else st.accuracy end as accuracy,
  case when st.attempts is null then (select o.chance from trial_outcome(st.trial_id) o) else st.chance end as chance,
  case when st.attempts is null then (select o.items from trial_outcome(st.trial_id) o) else st.items end as items,
  case when st.attempts is null then (select o.split from trial_outcome(st.trial_id) o) else st.split end as split,
  case when st.attempts is null then (select o.final_loss from trial_outcome(st.trial_id) o) else st.final_loss end as final_loss,
  case when st.attempts is null then (select o.steps from trial_outcome(st.trial_id) o) else st.steps end as steps,
  case when st.attempts is null then (select o.total_steps from trial_outcome(st.trial_id) o) else st.total_steps end as total_steps,
  case when st.attempts is null then (
      select coalesce(sum(ph.attempt), 0)::integer from trial_phases tp join phases ph on ph.phase_id = tp.phase_id where tp.trial_id = st.trial_id
    ) else st.attempts end as attempts,
  t.failure,
  t.message,
  case when st.attempts is null then (
      select sum(pc.seconds + pc.superseded_seconds)
      from trial_phases tp join phase_costs pc on pc.phase_id = tp.phase_id where tp.trial_id = st.trial_id
    ) else st.gpu_seconds end as gpu_seconds,
  st.closed_at,
  st.revision
from sweep_trials st
left join cell_states shown on shown.sweep = st.sweep and shown.trial_state = st.state
  and shown.activity = case
    when st.state <> 'planned' then 'none'
    when st.trial_id in (select tp.trial_id from running_phases r join trial_phases tp on tp.phase_id = r.phase_id where r.is_own) then 'own'
    when st.trial_id in (select tp.trial_id from running_phases r join trial_phases tp on tp.phase_id = r.phase_id where not r.is_own) then 'shared'
    else 'none'
  end
left join trials t on t.trial_id = st.trial_id;
comment on column study.cells.state is
  'planned, waiting (for a running phase that other cells need too), running, paused, finished, failed, cancelled or stopped_early.';

alter table cell_states drop constraint cell_states_pkey;
alter table cell_states drop column running;
alter table cell_states alter column activity set not null;
alter table cell_states add primary key (sweep, trial_state, activity);
comment on column cell_states.activity is 'Of the open trial: own (a phase that it alone needs runs), shared (one that others need too) or none.';

create or replace function follow_sweep() returns trigger language plpgsql as $$
begin
  insert into cell_states (sweep, trial_state, activity, state)
  select new.name, of.trial_state, of.activity,
    case
      when of.trial_state <> 'planned' then of.trial_state
      when new.state in ('paused', 'cancelled') then new.state
      when of.activity = 'own' then 'running'
      when of.activity = 'shared' then 'waiting'
      else 'planned'
    end
  from (values
    ('planned', 'none'), ('planned', 'shared'), ('planned', 'own'), ('finished', 'none'), ('failed', 'none'), ('stopped_early', 'none')
  ) of (trial_state, activity)
  on conflict (sweep, trial_state, activity) do update set state = excluded.state where cell_states.state <> excluded.state;
  if tg_op = 'UPDATE' and old.state = 'cancelled' and new.state <> 'cancelled' then
    -- started again: what other sweeps have done with its trials since counts from now on
    update sweep_trials st set state = t.state from trials t
    where st.sweep_id = new.sweep_id and t.trial_id = st.trial_id and st.state <> t.state;
  end if;
  return null;
end
$$;

create or replace function follow_trial() returns trigger language plpgsql as $$
begin
  -- in a statement of its own: the next one then sees what was waited for
  perform from cell_states c
  where c.trial_state = 'planned' and c.sweep in (select st.sweep from sweep_trials st where st.trial_id = new.trial_id)
  order by c.sweep, c.activity
  for share;
  update sweep_trials st
  set state = case when s.state = 'cancelled' then st.state else new.state end,
    closed_at = new.closed_at,
    (accuracy, chance, items, split, final_loss, steps, total_steps, attempts, gpu_seconds) =
      (new.accuracy, new.chance, new.items, new.split, new.final_loss, new.steps, new.total_steps, new.attempts, new.gpu_seconds)
  from sweeps s
  where st.trial_id = new.trial_id and s.sweep_id = st.sweep_id;
  return null;
end
$$;

-- writes the new rows of cell_states
update sweeps set state = state;

-- points of the grid that mean the same trial were counted apart before; a sweep that is being planned has not written all of them
update sweeps s set cells = c.cells
from (select st.sweep_id, count(*)::integer as cells from sweep_trials st group by st.sweep_id) c
where c.sweep_id = s.sweep_id and s.state <> 'planning' and s.cells <> c.cells;
update sweep_revisions r
set cells = (select count(*) from sweep_trials st where st.sweep_id = r.sweep_id and st.revision <= r.revision)
from sweeps s
where s.sweep_id = r.sweep_id and s.state <> 'planning';

create or replace view study.sweeps as
select
  s.name as sweep,
  s.revision,
  s.state,
  s.cells,
  case when s.state in ('paused', 'cancelled') then 0 else c.open - r.running - r.waiting end as planned,
  r.running,
  case when s.state = 'paused' then c.open else 0 end as paused,
  c.finished,
  c.failed,
  case when s.state = 'cancelled' then c.open else 0 end as cancelled,
  c.stopped_early,
  s.priority,
  s.weight,
  s.width,
  s.created_at,
  s.state_at,
  r.waiting
from sweeps s
cross join lateral (
  select
    -- cells that are not written yet are open too
    (s.cells - coalesce(sum(x.cells) filter (where x.state <> 'planned'), 0))::integer as open,
    coalesce(sum(x.cells) filter (where x.state = 'finished'), 0)::integer as finished,
    coalesce(sum(x.cells) filter (where x.state = 'failed'), 0)::integer as failed,
    coalesce(sum(x.cells) filter (where x.state = 'stopped_early'), 0)::integer as stopped_early
  from (select st.state, count(*) as cells from sweep_trials st where st.sweep = s.name group by st.state) x
) c
cross join lateral (
  select
    (count(*) filter (where x.is_own))::integer as running,
    (count(*) filter (where not x.is_own))::integer as waiting
  from (
    select tp.trial_id, bool_or(p.is_own) as is_own
    from running_phases p
    join trial_phases tp on tp.phase_id = p.phase_id
    join sweep_trials st on st.trial_id = tp.trial_id and st.sweep_id = s.sweep_id and st.state = 'planned'
    where s.state not in ('paused', 'cancelled')
    group by tp.trial_id
  ) x
) r;
comment on column study.sweeps.cells is 'Distinct trials of the newest revision; the sum of planned, waiting, running, paused, finished, failed, cancelled and stopped_early.';
comment on column study.sweeps.planned is 'Cells that wait for a slot, and those that are not written yet.';
comment on column study.sweeps.running is 'Cells one of whose own phases runs.';
comment on column study.sweeps.waiting is 'Cells that wait for a running phase that other cells need too, such as the Base.';

create or replace view study.progress as
select
  sp.sweep,
  sp.kind,
  sp.system,
  count(*)::integer as phases,
  (count(*) filter (where sp.state = 'planned' and s.state not in ('finished', 'cancelled')))::integer as planned,
  (count(*) filter (where sp.state = 'running'))::integer as running,
  (count(*) filter (where sp.state = 'finished'))::integer as finished,
  (count(*) filter (where sp.state = 'failed'))::integer as failed,
  (count(*) filter (where sp.state = 'planned' and s.state in ('finished', 'cancelled')))::integer as skipped
from sweep_phases sp
join sweeps s on s.name = sp.sweep
group by sp.sweep, sp.kind, sp.system;
comment on column study.progress.planned is 'Phases that wait for their turn; none in a closed sweep.';
comment on column study.progress.skipped is 'Phases of a closed sweep that did not run: their trial failed before, or the sweep was cancelled.';
