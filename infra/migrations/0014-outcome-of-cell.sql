-- Questions over all cells of a large sweep while it runs: what a trial is and what it came to stand beside each of its cells, kept by the
-- triggers that keep its state there, and what its state is called is a row that the planner can join: `where state = ...` becomes a condition
-- of an index. A CASE over three tables was neither estimated nor found in an index.

alter table sweep_trials
  add column system text,
  add column task text,
  add column latents integer,
  add column channel text,
  add column capacity_floats_per_latent double precision,
  add column seed bigint,
  add column accuracy double precision,
  add column chance double precision,
  add column items integer,
  add column split text,
  add column final_loss double precision,
  add column steps integer,
  add column total_steps integer,
  add column attempts integer,
  add column gpu_seconds double precision;
comment on column sweep_trials.state is 'State of the trial, kept by a trigger on trials; planned for good where the sweep was cancelled before.';
comment on column sweep_trials.system is 'Of the trial, which never changes.';
comment on column sweep_trials.task is 'Of the trial, likewise.';
comment on column sweep_trials.latents is 'Of the trial, likewise.';
comment on column sweep_trials.channel is 'Of the trial, likewise.';
comment on column sweep_trials.capacity_floats_per_latent is 'Of the trial, likewise.';
comment on column sweep_trials.seed is 'Of the trial, likewise.';
comment on column sweep_trials.accuracy is 'Of the closed trial, kept by a trigger on trials.';
comment on column sweep_trials.chance is 'Of the closed trial, kept likewise.';
comment on column sweep_trials.items is 'Of the closed trial, kept likewise.';
comment on column sweep_trials.split is 'Of the closed trial, kept likewise.';
comment on column sweep_trials.final_loss is 'Of the closed trial, kept likewise.';
comment on column sweep_trials.steps is 'Of the closed trial, kept likewise.';
comment on column sweep_trials.total_steps is 'Of the closed trial, kept likewise.';
comment on column sweep_trials.attempts is 'Of the closed trial, kept likewise.';
comment on column sweep_trials.gpu_seconds is 'Of the closed trial, kept likewise.';

update sweep_trials st
set (system, task, latents, channel, capacity_floats_per_latent, seed) =
    (t.system, t.task, t.latents, t.channel, t.capacity_floats_per_latent, t.seed),
  (accuracy, chance, items, split, final_loss, steps, total_steps, attempts, gpu_seconds) =
    (t.accuracy, t.chance, t.items, t.split, t.final_loss, t.steps, t.total_steps, t.attempts, t.gpu_seconds),
  state = case when s.state = 'cancelled' and t.closed_at > s.state_at then 'planned' else t.state end
from trials t, sweeps s
where t.trial_id = st.trial_id and s.sweep_id = st.sweep_id;
alter table sweep_trials alter column system set not null, alter column task set not null, alter column latents set not null,
  alter column seed set not null;

create or replace function follow_trial() returns trigger language plpgsql as $$
begin
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
comment on function follow_trial() is
  'Writes the new state of a trial, and what it came to, to its cells; a sweep that was cancelled before keeps the cell as it was then.';

create or replace function take_trial_state() returns trigger language plpgsql as $$
begin
  -- whoever closes the trial meanwhile waits, and then finds the cell
  select s.name, t.state, t.closed_at, t.system, t.task, t.latents, t.channel, t.capacity_floats_per_latent, t.seed,
    t.accuracy, t.chance, t.items, t.split, t.final_loss, t.steps, t.total_steps, t.attempts, t.gpu_seconds
  into new.sweep, new.state, new.closed_at, new.system, new.task, new.latents, new.channel, new.capacity_floats_per_latent, new.seed,
    new.accuracy, new.chance, new.items, new.split, new.final_loss, new.steps, new.total_steps, new.attempts, new.gpu_seconds
  from trials t, sweeps s
  where t.trial_id = new.trial_id and s.sweep_id = new.sweep_id
  for share of t;
  return new;
end
$$;
comment on function take_trial_state() is 'A new cell may be of a trial that another sweep has closed; what its sweep and its trial are is written beside it.';

-- Counts read the small one, most other questions over a whole sweep read what they compare from the wide one, and no table.
drop index sweep_trials_by_state, trials_results;
create index sweep_trials_by_state on sweep_trials (sweep, state);
create index sweep_trials_outcomes on sweep_trials (sweep, state, closed_at)
  include (cell, trial_id, system, task, latents, channel, seed, accuracy, final_loss, attempts);

create table cell_states (
  sweep text not null references sweeps (name) on delete cascade,
  trial_state text not null,
  running boolean not null,
  state text not null,
  primary key (sweep, trial_state, running)
);
comment on table cell_states is 'What a cell of a sweep is called by the state of its trial; rewritten when the sweep''s own state changes.';
comment on column cell_states.sweep is 'Name of the sweep.';
comment on column cell_states.trial_state is 'State beside the cell (sweep_trials.state).';
comment on column cell_states.running is 'Whether a phase of the open trial runs.';
comment on column cell_states.state is 'State of the cell, as in study.cells.';

create function follow_sweep() returns trigger language plpgsql as $$
begin
  insert into cell_states (sweep, trial_state, running, state)
  select new.name, of.trial_state, of.running,
    case
      when of.trial_state <> 'planned' then of.trial_state
      when new.state in ('paused', 'cancelled') then new.state
      when of.running then 'running'
      else 'planned'
    end
  from (values ('planned', false), ('planned', true), ('finished', false), ('failed', false), ('stopped_early', false)) of (trial_state, running)
  on conflict (sweep, trial_state, running) do update set state = excluded.state where cell_states.state <> excluded.state;
  if tg_op = 'UPDATE' and old.state = 'cancelled' and new.state <> 'cancelled' then
    -- started again: what other sweeps have done with its trials since counts from now on
    update sweep_trials st set state = t.state from trials t
    where st.sweep_id = new.sweep_id and t.trial_id = st.trial_id and st.state <> t.state;
  end if;
  return null;
end
$$;
comment on function follow_sweep() is 'Writes what the cells of a sweep are called in its new state.';
create trigger sweeps_changed after insert or update of state on sweeps for each row execute function follow_sweep();
update sweeps set state = state;

-- estimated at 1,000 rows, it hid from the planner what sorting costs
alter function trial_outcome(bigint) rows 1;

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
  case when st.attempts is null then (select o.attempts from trial_outcome(st.trial_id) o) else st.attempts end as attempts,
  t.failure,
  t.message,
  case when st.attempts is null then (select o.gpu_seconds from trial_outcome(st.trial_id) o) else st.gpu_seconds end as gpu_seconds,
  st.closed_at,
  st.revision
from sweep_trials st
left join cell_states shown on shown.sweep = st.sweep and shown.trial_state = st.state
  and shown.running = (
    st.state = 'planned'
    and st.trial_id in (select tp.trial_id from phases ph join trial_phases tp on tp.phase_id = ph.phase_id where ph.state = 'running')
  )
left join trials t on t.trial_id = st.trial_id;

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
  case when s.state = 'cancelled' then c.planned else 0 end as cancelled,
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
    coalesce(sum(x.cells) filter (where x.state = 'finished'), 0)::integer as finished,
    coalesce(sum(x.cells) filter (where x.state = 'failed'), 0)::integer as failed,
    coalesce(sum(x.cells) filter (where x.state = 'stopped_early'), 0)::integer as stopped_early
  from (select st.state, count(*) as cells from sweep_trials st where st.sweep = s.name group by st.state) x
) c
cross join lateral (
  select count(distinct tp.trial_id)::integer as running
  from phases ph
  join trial_phases tp on tp.phase_id = ph.phase_id
  join sweep_trials st on st.trial_id = tp.trial_id and st.sweep_id = s.sweep_id and st.state = 'planned'
  where ph.state = 'running' and s.state not in ('paused', 'cancelled')
) r;

create or replace view study.running as
select
  s.name as sweep,
  c.cells,
  p.phase_key,
  p.kind,
  c.system,
  c.latents,
  a.attempt,
  n.name as node,
  a.slot,
  a.device,
  a.step as committed_step,
  greatest(coalesce(live.step, a.step), a.step) as step,
  coalesce(nullif(live.total_steps, 0), p.total_steps) as total_steps,
  live.loss_nats,
  live.tokens_per_second,
  live.at as progress_at,
  a.opened_at as started_at,
  c.seed,
  c.task
from attempts a
join phases p on p.phase_id = a.phase_id
join nodes n on n.node_id = a.node_id
left join attempt_progress live on live.phase_id = a.phase_id and live.attempt = a.attempt
cross join lateral (
  select
    st.sweep_id,
    array_agg(st.cell order by st.cell) as cells,
    case when count(*) = 1 then min(st.system) end as system,
    case when count(*) = 1 then min(st.latents) end as latents,
    case when count(*) = 1 then min(st.seed) end as seed,
    case when count(distinct st.task) = 1 then min(st.task) end as task
  from trial_phases tp
  join sweep_trials st on st.trial_id = tp.trial_id
  where tp.phase_id = a.phase_id
  group by st.sweep_id
) c
join sweeps s on s.sweep_id = c.sweep_id
where a.state = 'open';

drop function study.cell_state(text, timestamptz, text, timestamptz, boolean);
