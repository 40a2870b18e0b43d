-- A closed sweep keeps what it came to. A trial that failed in a finished sweep and is tried again by another one made a cell of the finished
-- sweep open again: "finished" with 3 planned and no reason for the failure. Now the cells of a closed sweep only ever take a later end of
-- their trial; a cell that was open when its sweep was cancelled takes none. A sweep that goes on takes over what happened meanwhile.

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
  -- rows that stay as they are get locked too, and follow_trial waits for them
  on conflict (sweep, trial_state, activity) do update set state = excluded.state where cell_states.state <> excluded.state;
  if tg_op = 'UPDATE' and old.state in ('finished', 'cancelled') and new.state not in ('finished', 'cancelled') then
    update sweep_trials st
    set state = t.state,
      closed_at = t.closed_at,
      (accuracy, chance, items, split, final_loss, steps, total_steps, attempts, gpu_seconds) =
        (t.accuracy, t.chance, t.items, t.split, t.final_loss, t.steps, t.total_steps, t.attempts, t.gpu_seconds)
    from trials t
    where st.sweep_id = new.sweep_id and t.trial_id = st.trial_id
      and (st.state <> t.state or st.closed_at is distinct from t.closed_at);
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
  set state = new.state,
    closed_at = new.closed_at,
    (accuracy, chance, items, split, final_loss, steps, total_steps, attempts, gpu_seconds) =
      (new.accuracy, new.chance, new.items, new.split, new.final_loss, new.steps, new.total_steps, new.attempts, new.gpu_seconds)
  from sweeps s
  where st.trial_id = new.trial_id and s.sweep_id = st.sweep_id
    and not (s.state in ('finished', 'cancelled') and new.state = 'planned')
    and not (s.state = 'cancelled' and st.state = 'planned');
  return null;
end
$$;
comment on column sweep_trials.state is
  'State of the trial, kept by a trigger on trials; in a closed sweep the last one that it ended with, planned if it was cancelled before.';
comment on column trials.failure is 'Failure class of the last end that failed; kept while the trial is tried again.';
comment on column trials.message is 'Why it failed, one sentence; kept likewise.';

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
  case when st.state = 'failed' then t.failure end as failure,
  case when st.state = 'failed' then t.message end as message,
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

-- Phases behind one that failed do not wait for their turn: nobody runs them unless their trial is tried again.

create or replace view study.progress as
select
  sp.sweep,
  sp.kind,
  sp.system,
  count(*)::integer as phases,
  (count(*) filter (where sp.state = 'planned' and s.state not in ('finished', 'cancelled') and ended.phase_id is null))::integer as planned,
  (count(*) filter (where sp.state = 'running'))::integer as running,
  (count(*) filter (where sp.state = 'finished'))::integer as finished,
  (count(*) filter (where sp.state = 'failed'))::integer as failed,
  (count(*) filter (where sp.state = 'planned' and (s.state in ('finished', 'cancelled') or ended.phase_id is not null)))::integer as skipped
from sweep_phases sp
join sweeps s on s.name = sp.sweep
left join (
  select st.sweep, tp.phase_id
  from sweep_trials st
  join trial_phases tp on tp.trial_id = st.trial_id
  where st.state in ('failed', 'stopped_early')
    and not exists (
      select from trial_phases other
      join sweep_trials waits on waits.trial_id = other.trial_id and waits.sweep = st.sweep and waits.state = 'planned'
      where other.phase_id = tp.phase_id
    )
  group by st.sweep, tp.phase_id
) ended on ended.sweep = sp.sweep and ended.phase_id = sp.phase_id and sp.state = 'planned'
group by sp.sweep, sp.kind, sp.system;
comment on column study.progress.planned is 'Phases that wait for their turn; none in a closed sweep.';
comment on column study.progress.skipped is 'Phases that nobody will run: each of their trials failed before them, or the sweep was closed.';

create or replace view study.phases as
select
  st.sweep,
  st.cell,
  t.trial_key,
  tp.position,
  p.phase_key,
  p.kind,
  st.system,
  st.latents,
  case
    when p.state <> 'planned' then p.state
    when st.state <> 'planned' then 'skipped'
    when (select s.state from sweeps s where s.sweep_id = st.sweep_id) in ('finished', 'cancelled') then 'skipped'
    else 'planned'
  end as state,
  coalesce(a.step, 0) as step,
  p.total_steps,
  p.attempt as attempts,
  n.name as node,
  p.failure,
  p.message,
  p.weights_sha256,
  c.seconds + c.superseded_seconds as gpu_seconds,
  (select min(first.opened_at) from attempts first where first.phase_id = p.phase_id) as started_at,
  p.closed_at,
  p.waits_for
from sweep_trials st
join trial_phases tp on tp.trial_id = st.trial_id
join phases p on p.phase_id = tp.phase_id
left join phase_costs c on c.phase_id = p.phase_id
left join trials t on t.trial_id = st.trial_id
left join attempts a on a.phase_id = p.phase_id and a.attempt = p.attempt
left join nodes n on n.node_id = a.node_id;
comment on column study.phases.state is
  'planned, running, finished, failed, or skipped (nobody will run it: its cell ended before it, or its sweep was closed).';
