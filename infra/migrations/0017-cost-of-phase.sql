-- Device time and progress over a whole sweep without adding up all of its segments: what each phase has cost so far, and the phases of a sweep,
-- each once with its state. Over 100,000 cells of one phase, idle, median: study.gpu_hours 546 -> 45 ms, study.accuracy 96 -> 31,
-- study.progress 20, the device time of all cells 1,199 -> 91.

-- fill factor: a row changes with every segment and should stay on its page
create table phase_costs (
  phase_id bigint primary key,
  seconds double precision not null,
  superseded_seconds double precision not null,
  tokens bigint not null,
  training_seconds double precision not null,
  mfu_seconds double precision not null
) with (fillfactor = 70);
comment on table phase_costs is 'What the segments of a phase cost together, kept by triggers on gpu_seconds; no row before the first.';
comment on column phase_costs.phase_id is 'The phase.';
comment on column phase_costs.seconds is 'Device time of the work that counts.';
comment on column phase_costs.superseded_seconds is 'Device time of work that was done again; not part of seconds.';
comment on column phase_costs.tokens is 'Tokens of the work that counts.';
comment on column phase_costs.training_seconds is 'Device time of the segments that have an mfu, superseded ones included.';
comment on column phase_costs.mfu_seconds is 'Their mfu times their seconds, summed.';

create function add_costs() returns trigger language plpgsql as $$
begin
  insert into phase_costs as had (phase_id, seconds, superseded_seconds, tokens, training_seconds, mfu_seconds)
  select
    phase_id,
    coalesce(sum(seconds) filter (where superseded_by is null), 0),
    coalesce(sum(seconds) filter (where superseded_by is not null), 0),
    coalesce(sum(tokens) filter (where superseded_by is null), 0),
    coalesce(sum(seconds) filter (where mfu is not null), 0),
    coalesce(sum(mfu * seconds), 0)
  from added
  group by phase_id
  order by phase_id
  on conflict (phase_id) do update set
    seconds = had.seconds + excluded.seconds,
    superseded_seconds = had.superseded_seconds + excluded.superseded_seconds,
    tokens = had.tokens + excluded.tokens,
    training_seconds = had.training_seconds + excluded.training_seconds,
    mfu_seconds = had.mfu_seconds + excluded.mfu_seconds;
  return null;
end
$$;
comment on function add_costs() is 'Adds new segments to what their phases cost.';
create trigger gpu_seconds_added after insert on gpu_seconds referencing new table as added for each statement execute function add_costs();

create function phase_cost(of_phase bigint) returns setof phase_costs language sql stable rows 1 as $$
  select
    g.phase_id,
    coalesce(sum(g.seconds) filter (where g.superseded_by is null), 0),
    coalesce(sum(g.seconds) filter (where g.superseded_by is not null), 0),
    coalesce(sum(g.tokens) filter (where g.superseded_by is null), 0)::bigint,
    coalesce(sum(g.seconds) filter (where g.mfu is not null), 0),
    coalesce(sum(g.mfu * g.seconds), 0)
  from gpu_seconds g
  where g.phase_id = of_phase
  group by g.phase_id
$$;
comment on function phase_cost(bigint) is 'What the segments of a phase cost, added up; no row before the first.';

create function move_costs() returns trigger language plpgsql as $$
begin
  update phase_costs c
  set seconds = s.seconds, superseded_seconds = s.superseded_seconds, tokens = s.tokens
  from (select distinct phase_id from changed) x cross join lateral phase_cost(x.phase_id) s
  where c.phase_id = x.phase_id;
  return null;
end
$$;
comment on function move_costs() is 'Adds up anew what phases cost whose segments were superseded; subtracting would leave rounding errors.';
create trigger gpu_seconds_superseded after update on gpu_seconds
  referencing new table as changed for each statement execute function move_costs();

create table sweep_phases (
  sweep text not null references sweeps (name) on delete cascade,
  phase_id bigint not null references phases,
  kind text not null,
  system text,
  state text not null,
  primary key (sweep, phase_id)
) with (fillfactor = 70);
create index sweep_phases_by_phase on sweep_phases (phase_id);
comment on table sweep_phases is 'The phases of the trials of a sweep, each once, kept by triggers on sweep_trials and phases.';
comment on column sweep_phases.sweep is 'Name of the sweep.';
comment on column sweep_phases.phase_id is 'The phase.';
comment on column sweep_phases.kind is 'Of the phase, which never changes.';
comment on column sweep_phases.system is 'System of its trials in this sweep; null where they are of several.';
comment on column sweep_phases.state is 'Of the phase.';

create function add_phases() returns trigger language plpgsql as $$
begin
  -- who changes the state of one meanwhile waits, and then finds the row
  perform from phases p
  where p.phase_id in (select tp.phase_id from added a join trial_phases tp on tp.trial_id = a.trial_id)
  order by p.phase_id
  for share;
  insert into sweep_phases as had (sweep, phase_id, kind, system, state)
  select a.sweep, p.phase_id, p.kind, case when min(a.system) = max(a.system) then min(a.system) end, p.state
  from added a
  join trial_phases tp on tp.trial_id = a.trial_id
  join phases p on p.phase_id = tp.phase_id
  group by a.sweep, p.phase_id
  order by a.sweep, p.phase_id
  on conflict (sweep, phase_id) do update set system = null
  where had.system is distinct from excluded.system and had.system is not null;
  return null;
end
$$;
comment on function add_phases() is 'Adds the phases of new cells to those of their sweep; a trial has its pipeline before it has cells.';
create trigger sweep_trials_phases after insert on sweep_trials
  referencing new table as added for each statement execute function add_phases();

create function follow_phase() returns trigger language plpgsql as $$
begin
  update sweep_phases set state = new.state where phase_id = new.phase_id;
  return null;
end
$$;
comment on function follow_phase() is 'Writes the new state of a phase to where its sweeps list it.';
create trigger phases_listed after update on phases for each row when (old.state is distinct from new.state) execute function follow_phase();

-- without it every deleted phase reads all others, to see whether it is the parent of one: 200 cells of 100,000 took 2.2 s
create index phases_by_parent on phases (parent_key) where parent_key is not null;

insert into phase_costs select s.* from (select distinct phase_id from gpu_seconds) x cross join lateral phase_cost(x.phase_id) s;
insert into sweep_phases (sweep, phase_id, kind, system, state)
select st.sweep, p.phase_id, p.kind, case when min(st.system) = max(st.system) then min(st.system) end, p.state
from sweep_trials st
join trial_phases tp on tp.trial_id = st.trial_id
join phases p on p.phase_id = tp.phase_id
group by st.sweep, p.phase_id;

create or replace view study.gpu_hours as
select
  sp.sweep,
  sp.kind,
  sp.system,
  count(*)::integer as phases,
  coalesce(sum(c.seconds), 0) / 3600 as gpu_hours,
  coalesce(sum(c.superseded_seconds), 0) / 3600 as superseded_gpu_hours,
  coalesce(sum(c.tokens), 0)::bigint as tokens,
  sum(c.mfu_seconds) / nullif(sum(c.training_seconds), 0) as mfu
from sweep_phases sp
left join phase_costs c on c.phase_id = sp.phase_id
group by sp.sweep, sp.kind, sp.system;

create view study.progress as
select
  sweep,
  kind,
  system,
  count(*)::integer as phases,
  (count(*) filter (where state = 'planned'))::integer as planned,
  (count(*) filter (where state = 'running'))::integer as running,
  (count(*) filter (where state = 'finished'))::integer as finished,
  (count(*) filter (where state = 'failed'))::integer as failed
from sweep_phases
group by sweep, kind, system;
comment on view study.progress is 'How far a sweep is by kind of phase and system; a phase that several cells share counts once.';
comment on column study.progress.sweep is 'Name of the sweep.';
comment on column study.progress.kind is 'base, pretrain, finetune, evaluate or analyse.';
comment on column study.progress.system is 'System; null for phases that several systems share, such as the Base.';
comment on column study.progress.phases is 'Phases in every state.';
comment on column study.progress.planned is 'Phases that wait.';
comment on column study.progress.running is 'Phases with an open attempt.';
comment on column study.progress.finished is 'Phases that are done.';
comment on column study.progress.failed is 'Phases that were given up.';

-- Grouped by 16 bytes from an index instead of by documents from the table; one cell of each group then says what its point is.
alter table sweep_trials add column setting uuid generated always as (md5((point - 'seed')::text)::uuid) stored;
comment on column sweep_trials.setting is 'Hash of the point without its seed: cells that differ in nothing else have it in common.';
create index sweep_trials_evaluated on sweep_trials (sweep, setting, split)
  include (cell, task, system, latents, channel, capacity_floats_per_latent, accuracy, chance, items, final_loss)
  where state = 'finished' and accuracy is not null;

create or replace view study.accuracy as
select
  g.sweep,
  g.task,
  g.system,
  g.latents,
  g.channel,
  g.capacity_floats_per_latent,
  st.point - 'seed' as point,
  g.split,
  g.seeds,
  g.accuracy,
  g.accuracy_sd,
  g.accuracy_min,
  g.accuracy_max,
  g.chance,
  g.items,
  g.final_loss
from (
  select
    sweep, task, system, latents, channel, capacity_floats_per_latent, setting, split,
    min(cell) as cell,
    count(*)::integer as seeds,
    avg(accuracy) as accuracy,
    stddev_samp(accuracy) as accuracy_sd,
    min(accuracy) as accuracy_min,
    max(accuracy) as accuracy_max,
    avg(chance) as chance,
    sum(items)::integer as items,
    avg(final_loss) as final_loss
  from sweep_trials
  where state = 'finished' and accuracy is not null
  group by sweep, task, system, latents, channel, capacity_floats_per_latent, setting, split
) g
join sweep_trials st on st.sweep = g.sweep and st.cell = g.cell;

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
  p.state,
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

create or replace function trial_outcome(of_trial bigint)
returns table (
  accuracy double precision, chance double precision, items integer, split text, final_loss double precision, steps integer, total_steps integer,
  attempts integer, gpu_seconds double precision
) language plpgsql stable rows 1 as $$
#variable_conflict use_column
begin
  return query
  select e.accuracy, e.chance, e.items, e.split, train.final_loss, train.steps, train.total_steps, p.attempts, p.gpu_seconds
  from (
    select coalesce(sum(ph.attempt), 0)::integer as attempts,
      sum(c.seconds + c.superseded_seconds) as gpu_seconds
    from trial_phases tp
    join phases ph on ph.phase_id = tp.phase_id
    left join phase_costs c on c.phase_id = ph.phase_id
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

-- Attempts and device time are what people add up over all cells: calling trial_outcome for each open one takes ten times as long.
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
  and shown.running = (
    st.state = 'planned'
    and st.trial_id in (select tp.trial_id from phases ph join trial_phases tp on tp.phase_id = ph.phase_id where ph.state = 'running')
  )
left join trials t on t.trial_id = st.trial_id;
