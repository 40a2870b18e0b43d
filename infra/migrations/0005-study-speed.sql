-- Questions about sweeps of 100,000 cells in milliseconds: the state of a trial beside each of its cells, and what a closed trial came to in its
-- row, written when it is closed. Open trials are still looked at as they are.

alter table sweep_trials add column state text not null default 'planned', add column closed_at timestamptz;
comment on column sweep_trials.state is 'State of the trial, kept by a trigger on trials.';
comment on column sweep_trials.closed_at is 'When the trial was closed, kept likewise.';
update sweep_trials st set state = t.state, closed_at = t.closed_at
from trials t where t.trial_id = st.trial_id and t.state <> 'planned';
create index sweep_trials_by_state on sweep_trials (sweep_id, state, closed_at);
create index sweep_trials_open on sweep_trials (sweep_id, cell) where state = 'planned';
create index phases_running on phases (phase_id) where state = 'running';
create index attempts_failed on attempts (closed_at desc) where state = 'failed';

create function follow_trial() returns trigger language plpgsql as $$
begin
  update sweep_trials set state = new.state, closed_at = new.closed_at where trial_id = new.trial_id;
  return null;
end
$$;
comment on function follow_trial() is 'Writes the new state of a trial to its cells.';
create trigger trials_changed after update on trials for each row
  when (old.state is distinct from new.state or old.closed_at is distinct from new.closed_at)
  execute function follow_trial();

create function take_trial_state() returns trigger language plpgsql as $$
begin
  -- whoever closes the trial meanwhile waits, and then finds the cell
  select t.state, t.closed_at into new.state, new.closed_at from trials t where t.trial_id = new.trial_id for share;
  return new;
end
$$;
comment on function take_trial_state() is 'A new cell may be of a trial that another sweep has closed.';
create trigger sweep_trials_added before insert on sweep_trials for each row execute function take_trial_state();

alter table trials
  add column accuracy double precision,
  add column chance double precision,
  add column items integer,
  add column split text,
  add column final_loss double precision,
  add column steps integer,
  add column total_steps integer,
  add column attempts integer,
  add column gpu_seconds double precision;
comment on column trials.accuracy is 'Of a closed trial: accuracy of its last evaluation, 0 to 1.';
comment on column trials.chance is 'Of a closed trial: accuracy of guessing, 0 to 1.';
comment on column trials.items is 'Of a closed trial: items evaluated.';
comment on column trials.split is 'Of a closed trial: split evaluated.';
comment on column trials.final_loss is 'Of a closed trial: last committed loss of its own training, nats per target.';
comment on column trials.steps is 'Of a closed trial: committed steps of its own training.';
comment on column trials.total_steps is 'Of a closed trial: steps of its own training when it is done.';
comment on column trials.attempts is 'Of a closed trial: attempts of all its phases, shared ones included; null = nothing of these is written yet.';
comment on column trials.gpu_seconds is 'Of a closed trial: device time of all its phases, shared ones in full.';

-- plpgsql keeps its plan: inlined nine times, planning the view would take longer than running it
create function trial_outcome(of_trial bigint)
returns table (
  accuracy double precision, chance double precision, items integer, split text, final_loss double precision, steps integer, total_steps integer,
  attempts integer, gpu_seconds double precision
) language plpgsql stable as $$
#variable_conflict use_column
begin
  return query
  select e.accuracy, e.chance, e.items, e.split, train.final_loss, train.steps, train.total_steps, p.attempts, p.gpu_seconds
  from (
    select coalesce(sum(ph.attempt), 0)::integer as attempts,
      sum((select sum(g.seconds) from gpu_seconds g where g.phase_id = ph.phase_id)) as gpu_seconds
    from trial_phases tp join phases ph on ph.phase_id = tp.phase_id
    where tp.trial_id = of_trial
  ) p
  left join lateral (
    select ev.accuracy, ev.chance, ev.items, ev.split
    from trial_phases tp join evaluations ev on ev.phase_id = tp.phase_id
    where tp.trial_id = of_trial
    order by tp.position desc
    limit 1
  ) e on true
  left join lateral (
    select coalesce(a.step, 0) as steps, ph.total_steps,
      (select l.value from metric_last l join metric_names n on n.metric = l.metric where n.name = 'loss_nats' and l.phase_id = ph.phase_id) as final_loss
    from trial_phases tp
    join phases ph on ph.phase_id = tp.phase_id and ph.kind in ('base', 'pretrain', 'finetune', 'simulate')
    left join attempts a on a.phase_id = ph.phase_id and a.attempt = ph.attempt
    where tp.trial_id = of_trial
    order by tp.position desc
    limit 1
  ) train on true;
end
$$;
comment on function trial_outcome(bigint) is 'What a trial has come to so far, over all its phases; one row.';

update trials t
set (accuracy, chance, items, split, final_loss, steps, total_steps, attempts, gpu_seconds) = (select o.* from trial_outcome(t.trial_id) o)
where t.state <> 'planned';

-- results over a whole sweep without the settings, which are most of a trial's row
create index trials_results on trials (trial_id) include (state, system, task, latents, channel, seed, attempts, accuracy, final_loss);

create function study.cell_state(
  sweep_state text, sweep_state_at timestamptz, trial_state text, trial_closed_at timestamptz, is_running boolean
) returns text language sql immutable as $$
  select case
    when sweep_state = 'cancelled' and (trial_state = 'planned' or trial_closed_at > sweep_state_at) then 'cancelled'
    when trial_state <> 'planned' then trial_state
    when sweep_state = 'paused' then 'paused'
    when is_running then 'running'
    else 'planned'
  end
$$;
comment on function study.cell_state(text, timestamptz, text, timestamptz, boolean) is
  'State of a cell from those of its sweep and its trial, and from whether one of its phases runs.';

-- One expression per column, so that a query pays only for what it names.
create or replace view study.cells as
select
  s.name as sweep,
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
join sweeps s on s.sweep_id = st.sweep_id
join trials t on t.trial_id = st.trial_id;

create or replace view study.sweeps as
select
  s.name as sweep,
  s.revision,
  s.state,
  s.cells,
  c.planned - r.running as planned,
  r.running,
  c.paused,
  c.finished,
  c.failed,
  c.cancelled,
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
    coalesce(sum(x.cells) filter (where x.state = 'paused'), 0)::integer as paused,
    coalesce(sum(x.cells) filter (where x.state = 'finished'), 0)::integer as finished,
    coalesce(sum(x.cells) filter (where x.state = 'failed'), 0)::integer as failed,
    coalesce(sum(x.cells) filter (where x.state = 'cancelled'), 0)::integer as cancelled,
    coalesce(sum(x.cells) filter (where x.state = 'stopped_early'), 0)::integer as stopped_early
  from (
    select study.cell_state(s.state, s.state_at, st.state, st.closed_at, false) as state, count(*) as cells
    from sweep_trials st
    where st.sweep_id = s.sweep_id
    group by 1
  ) x
) c
cross join lateral (
  select count(distinct tp.trial_id)::integer as running
  from phases ph
  join trial_phases tp on tp.phase_id = ph.phase_id
  join sweep_trials st on st.trial_id = tp.trial_id and st.sweep_id = s.sweep_id and st.state = 'planned'
  where ph.state = 'running' and s.state not in ('paused', 'cancelled')
) r;
