-- The schema meant for people: names instead of ids, one documented view per question. Views may gain columns, never lose one.

create schema study;
comment on schema study is 'Views of sweeps for people and dashboards; read with the role lsweep_reader.';

create view study.cells as
select
  s.name as sweep,
  st.cell,
  t.trial_key,
  case
    when s.state = 'cancelled' and (t.state = 'planned' or t.closed_at > s.state_at) then 'cancelled'
    when t.state <> 'planned' then t.state
    when s.state = 'paused' then 'paused'
    when p.running then 'running'
    else 'planned'
  end as state,
  t.system,
  t.task,
  t.latents,
  t.channel,
  t.capacity_floats_per_latent,
  t.seed,
  st.point,
  e.accuracy,
  e.chance,
  e.items,
  e.split,
  train.final_loss,
  train.steps,
  train.total_steps,
  p.attempts,
  t.failure,
  t.message,
  p.gpu_seconds,
  t.closed_at,
  st.revision
from sweep_trials st
join sweeps s on s.sweep_id = st.sweep_id
join trials t on t.trial_id = st.trial_id
cross join lateral (
  select
    coalesce(bool_or(ph.state = 'running'), false) as running,
    coalesce(sum(ph.attempt), 0)::integer as attempts,
    (select sum(g.seconds) from trial_phases own join gpu_seconds g on g.phase_id = own.phase_id where own.trial_id = t.trial_id) as gpu_seconds
  from trial_phases tp
  join phases ph on ph.phase_id = tp.phase_id
  where tp.trial_id = t.trial_id
) p
left join lateral (
  select ev.accuracy, ev.chance, ev.items, ev.split
  from trial_phases tp
  join evaluations ev on ev.phase_id = tp.phase_id
  where tp.trial_id = t.trial_id
  order by tp.position desc
  limit 1
) e on true
left join lateral (
  select
    coalesce(a.step, 0) as steps,
    ph.total_steps,
    (select l.value from metric_last l join metric_names n on n.metric = l.metric where n.name = 'loss_nats' and l.phase_id = ph.phase_id) as final_loss
  from trial_phases tp
  join phases ph on ph.phase_id = tp.phase_id and ph.kind in ('base', 'pretrain', 'finetune')
  left join attempts a on a.phase_id = ph.phase_id and a.attempt = ph.attempt
  where tp.trial_id = t.trial_id
  order by tp.position desc
  limit 1
) train on true;
comment on view study.cells is 'One row per cell of every sweep: where it is in the grid, its state, its result.';
comment on column study.cells.sweep is 'Name of the sweep.';
comment on column study.cells.cell is 'Number of the cell in the sweep, from 0.';
comment on column study.cells.trial_key is 'Identity of the trial; sweeps that overlap share it.';
comment on column study.cells.state is 'planned, running, paused, finished, failed, cancelled or stopped_early. cancelled: its sweep was cancelled before it was closed.';
comment on column study.cells.system is 'System of the study.';
comment on column study.cells.task is 'Task.';
comment on column study.cells.latents is 'Latent budget N_L.';
comment on column study.cells.channel is 'What is exchanged per latent; null for systems without a channel.';
comment on column study.cells.capacity_floats_per_latent is 'Floats exchanged per latent.';
comment on column study.cells.seed is 'Seed.';
comment on column study.cells.point is 'Axis values by dotted path.';
comment on column study.cells.accuracy is 'Exact-match accuracy, 0 to 1; null until evaluated.';
comment on column study.cells.chance is 'Accuracy of guessing, 0 to 1.';
comment on column study.cells.items is 'Items evaluated.';
comment on column study.cells.split is 'Split evaluated.';
comment on column study.cells.final_loss is 'Last committed training loss of the trial''s own training, nats per target.';
comment on column study.cells.steps is 'Committed optimizer steps of the trial''s own training.';
comment on column study.cells.total_steps is 'Optimizer steps of the trial''s own training when it is done.';
comment on column study.cells.attempts is 'Attempts of all its phases, shared ones included.';
comment on column study.cells.failure is 'Failure class of a failed trial.';
comment on column study.cells.message is 'Why it failed, one sentence.';
comment on column study.cells.gpu_seconds is 'Device time of all its phases, shared ones in full.';
comment on column study.cells.closed_at is 'When the trial was closed.';
comment on column study.cells.revision is 'Revision of the sweep that brought the cell.';

create view study.sweeps as
select
  s.name as sweep,
  s.revision,
  s.state,
  s.cells,
  c.planned,
  c.running,
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
    count(*) filter (where x.state = 'planned')::integer as planned,
    count(*) filter (where x.state = 'running')::integer as running,
    count(*) filter (where x.state = 'paused')::integer as paused,
    count(*) filter (where x.state = 'finished')::integer as finished,
    count(*) filter (where x.state = 'failed')::integer as failed,
    count(*) filter (where x.state = 'cancelled')::integer as cancelled,
    count(*) filter (where x.state = 'stopped_early')::integer as stopped_early
  from (
    select
      case
        when s.state = 'cancelled' and (t.state = 'planned' or t.closed_at > s.state_at) then 'cancelled'
        when t.state <> 'planned' then t.state
        when s.state = 'paused' then 'paused'
        when exists (
          select from trial_phases tp join phases ph on ph.phase_id = tp.phase_id
          where tp.trial_id = t.trial_id and ph.state = 'running'
        ) then 'running'
        else 'planned'
      end as state
    from sweep_trials st
    join trials t on t.trial_id = st.trial_id
    where st.sweep_id = s.sweep_id
  ) x
) c;
comment on view study.sweeps is 'One row per sweep with its cells by state. While a sweep is being planned the counts sum to less than cells.';
comment on column study.sweeps.sweep is 'Name of the sweep.';
comment on column study.sweeps.revision is 'Current revision; an extension makes the next one.';
comment on column study.sweeps.state is 'planning, running, paused, finished or cancelled.';
comment on column study.sweeps.cells is 'Cells of the grid.';
comment on column study.sweeps.planned is 'Cells that wait for a slot.';
comment on column study.sweeps.running is 'Cells one of whose phases runs.';
comment on column study.sweeps.paused is 'Open cells of a paused sweep.';
comment on column study.sweeps.finished is 'Cells with a result.';
comment on column study.sweeps.failed is 'Cells that failed for good.';
comment on column study.sweeps.cancelled is 'Cells that were open when the sweep was cancelled.';
comment on column study.sweeps.stopped_early is 'Cells ended by the search strategy.';
comment on column study.sweeps.priority is '1 (first) to 5 (last).';
comment on column study.sweeps.weight is 'Share of the slots among sweeps of the same priority.';
comment on column study.sweeps.width is 'Most phases that run at the same time; null = unbounded.';
comment on column study.sweeps.created_at is 'When the sweep was first started.';
comment on column study.sweeps.state_at is 'When it came into its present state.';

create view study.phases as
select
  s.name as sweep,
  st.cell,
  t.trial_key,
  tp.position,
  p.phase_key,
  p.kind,
  t.system,
  t.latents,
  p.state,
  coalesce(a.step, 0) as step,
  p.total_steps,
  p.attempt as attempts,
  n.name as node,
  p.failure,
  p.message,
  p.weights_sha256,
  (select sum(g.seconds) from gpu_seconds g where g.phase_id = p.phase_id) as gpu_seconds,
  (select min(first.opened_at) from attempts first where first.phase_id = p.phase_id) as started_at,
  p.closed_at
from sweep_trials st
join sweeps s on s.sweep_id = st.sweep_id
join trials t on t.trial_id = st.trial_id
join trial_phases tp on tp.trial_id = t.trial_id
join phases p on p.phase_id = tp.phase_id
left join attempts a on a.phase_id = p.phase_id and a.attempt = p.attempt
left join nodes n on n.node_id = a.node_id;
comment on view study.phases is 'One row per cell and phase; a phase that several cells share has a row for each, with the same phase_key.';
comment on column study.phases.sweep is 'Name of the sweep.';
comment on column study.phases.cell is 'Number of the cell.';
comment on column study.phases.trial_key is 'Identity of the trial.';
comment on column study.phases.position is 'Order of execution in the trial, from 0.';
comment on column study.phases.phase_key is 'Identity of the phase.';
comment on column study.phases.kind is 'base, pretrain, finetune, evaluate or analyse.';
comment on column study.phases.system is 'System of the trial.';
comment on column study.phases.latents is 'Latent budget N_L of the trial.';
comment on column study.phases.state is 'planned, running, finished or failed.';
comment on column study.phases.step is 'Step of record: the last committed one.';
comment on column study.phases.total_steps is 'Steps of the whole phase.';
comment on column study.phases.attempts is 'Attempts so far.';
comment on column study.phases.node is 'Node of the newest attempt.';
comment on column study.phases.failure is 'Failure class of a failed phase.';
comment on column study.phases.message is 'Why it failed, one sentence.';
comment on column study.phases.weights_sha256 is 'SHA-256 over all weights of a finished training phase.';
comment on column study.phases.gpu_seconds is 'Device time of all its attempts.';
comment on column study.phases.started_at is 'When its first attempt was opened.';
comment on column study.phases.closed_at is 'When it was finished or failed.';

create view study.attempts as
select
  p.phase_key,
  p.kind,
  a.attempt,
  a.state,
  n.name as node,
  a.slot,
  a.device,
  a.resume_step,
  a.step,
  a.failure,
  a.code,
  a.message,
  a.details,
  a.forgiven,
  a.opened_at,
  a.closed_at
from attempts a
join phases p on p.phase_id = a.phase_id
join nodes n on n.node_id = a.node_id;
comment on view study.attempts is 'Every try at a phase, in order of its number.';
comment on column study.attempts.phase_key is 'Identity of the phase.';
comment on column study.attempts.kind is 'base, pretrain, finetune, evaluate or analyse.';
comment on column study.attempts.attempt is 'Counted from 1 within the phase.';
comment on column study.attempts.state is 'open, finished, failed, stopped (on request) or superseded (a newer attempt was opened).';
comment on column study.attempts.node is 'Node it ran on.';
comment on column study.attempts.slot is 'Slot of that node.';
comment on column study.attempts.device is 'cpu or cuda.';
comment on column study.attempts.resume_step is 'Step it started after; 0 = from the beginning.';
comment on column study.attempts.step is 'Last step that it committed.';
comment on column study.attempts.failure is 'Failure class of a failed attempt.';
comment on column study.attempts.code is 'Stable error code.';
comment on column study.attempts.message is 'Why it failed, one sentence.';
comment on column study.attempts.details is 'Details by name.';
comment on column study.attempts.forgiven is 'Before a retry command; no longer counted.';
comment on column study.attempts.opened_at is 'When it was opened.';
comment on column study.attempts.closed_at is 'When it ended.';

create view study.failures as
select
  s.name as sweep,
  c.cells,
  p.phase_key,
  p.kind,
  a.attempt,
  a.failure,
  a.code,
  a.message,
  a.details,
  n.name as node,
  a.slot,
  a.device,
  a.step,
  p.state as phase_state,
  a.forgiven,
  a.closed_at as at
from attempts a
join phases p on p.phase_id = a.phase_id
join nodes n on n.node_id = a.node_id
cross join lateral (
  select st.sweep_id, array_agg(st.cell order by st.cell) as cells
  from trial_phases tp
  join sweep_trials st on st.trial_id = tp.trial_id
  where tp.phase_id = a.phase_id
  group by st.sweep_id
) c
join sweeps s on s.sweep_id = c.sweep_id
where a.state = 'failed';
comment on view study.failures is 'Every failed attempt, once for each sweep that has its phase.';
comment on column study.failures.sweep is 'Name of the sweep.';
comment on column study.failures.cells is 'Cells of the sweep that share the phase.';
comment on column study.failures.phase_key is 'Identity of the phase.';
comment on column study.failures.kind is 'base, pretrain, finetune, evaluate or analyse.';
comment on column study.failures.attempt is 'The attempt.';
comment on column study.failures.failure is 'Failure class.';
comment on column study.failures.code is 'Stable error code.';
comment on column study.failures.message is 'Why, one sentence.';
comment on column study.failures.details is 'Details by name.';
comment on column study.failures.node is 'Node it ran on.';
comment on column study.failures.slot is 'Slot of that node.';
comment on column study.failures.device is 'cpu or cuda.';
comment on column study.failures.step is 'Last committed step.';
comment on column study.failures.phase_state is 'What became of the phase: finished after a retry, failed for good, ...';
comment on column study.failures.forgiven is 'Before a retry command; no longer counted.';
comment on column study.failures.at is 'When.';

create view study.curves as
select
  s.name as sweep,
  st.cell,
  t.trial_key,
  p.phase_key,
  p.kind,
  t.system,
  t.task,
  t.latents,
  t.channel,
  t.capacity_floats_per_latent,
  t.seed,
  st.point,
  n.name as metric,
  m.step,
  m.value,
  m.attempt
from sweep_trials st
join sweeps s on s.sweep_id = st.sweep_id
join trials t on t.trial_id = st.trial_id
join trial_phases tp on tp.trial_id = t.trial_id
join phases p on p.phase_id = tp.phase_id
join metrics m on m.phase_id = p.phase_id
join metric_names n on n.metric = m.metric;
comment on view study.curves is 'Every recorded number of every cell. A shared phase appears under each of its cells: pick one cell, or select distinct.';
comment on column study.curves.sweep is 'Name of the sweep.';
comment on column study.curves.cell is 'Number of the cell.';
comment on column study.curves.trial_key is 'Identity of the trial.';
comment on column study.curves.phase_key is 'Identity of the phase.';
comment on column study.curves.kind is 'base, pretrain, finetune, evaluate or analyse.';
comment on column study.curves.system is 'System of the trial.';
comment on column study.curves.task is 'Task.';
comment on column study.curves.latents is 'Latent budget N_L.';
comment on column study.curves.channel is 'What is exchanged per latent.';
comment on column study.curves.capacity_floats_per_latent is 'Floats exchanged per latent.';
comment on column study.curves.seed is 'Seed.';
comment on column study.curves.point is 'Axis values by dotted path.';
comment on column study.curves.metric is 'Name of the metric, such as loss_nats.';
comment on column study.curves.step is 'Optimizer step, from 1.';
comment on column study.curves.value is 'The value.';
comment on column study.curves.attempt is 'Attempt that recorded it.';

create view study.accuracy as
select
  c.sweep,
  c.task,
  c.system,
  c.latents,
  c.channel,
  c.capacity_floats_per_latent,
  c.point - 'seed' as point,
  c.split,
  count(*)::integer as seeds,
  avg(c.accuracy) as accuracy,
  stddev_samp(c.accuracy) as accuracy_sd,
  min(c.accuracy) as accuracy_min,
  max(c.accuracy) as accuracy_max,
  avg(c.chance) as chance,
  sum(c.items)::integer as items,
  avg(c.final_loss) as final_loss
from study.cells c
where c.accuracy is not null and c.state = 'finished'
group by c.sweep, c.task, c.system, c.latents, c.channel, c.capacity_floats_per_latent, c.point - 'seed', c.split;
comment on view study.accuracy is 'Accuracy over the seeds of each point of the grid, finished cells only; read it against chance.';
comment on column study.accuracy.sweep is 'Name of the sweep.';
comment on column study.accuracy.task is 'Task.';
comment on column study.accuracy.system is 'System of the study.';
comment on column study.accuracy.latents is 'Latent budget N_L.';
comment on column study.accuracy.channel is 'What is exchanged per latent.';
comment on column study.accuracy.capacity_floats_per_latent is 'Floats exchanged per latent.';
comment on column study.accuracy.point is 'Axis values by dotted path, without the seed.';
comment on column study.accuracy.split is 'Split evaluated.';
comment on column study.accuracy.seeds is 'Finished seeds.';
comment on column study.accuracy.accuracy is 'Mean accuracy, 0 to 1.';
comment on column study.accuracy.accuracy_sd is 'Sample standard deviation over seeds; null with one seed.';
comment on column study.accuracy.accuracy_min is 'Worst seed.';
comment on column study.accuracy.accuracy_max is 'Best seed.';
comment on column study.accuracy.chance is 'Accuracy of guessing, 0 to 1.';
comment on column study.accuracy.items is 'Items evaluated over all seeds.';
comment on column study.accuracy.final_loss is 'Mean of the final training losses, nats per target.';

create view study.running as
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
  a.opened_at as started_at
from attempts a
join phases p on p.phase_id = a.phase_id
join nodes n on n.node_id = a.node_id
left join attempt_progress live on live.phase_id = a.phase_id and live.attempt = a.attempt
cross join lateral (
  select
    st.sweep_id,
    array_agg(st.cell order by st.cell) as cells,
    case when count(*) = 1 then min(t.system) end as system,
    case when count(*) = 1 then min(t.latents) end as latents
  from trial_phases tp
  join sweep_trials st on st.trial_id = tp.trial_id
  join trials t on t.trial_id = st.trial_id
  where tp.phase_id = a.phase_id
  group by st.sweep_id
) c
join sweeps s on s.sweep_id = c.sweep_id
where a.state = 'open';
comment on view study.running is 'Phases that run now, once for each sweep that has them.';
comment on column study.running.sweep is 'Name of the sweep.';
comment on column study.running.cells is 'Cells of the sweep that share the phase.';
comment on column study.running.phase_key is 'Identity of the phase.';
comment on column study.running.kind is 'base, pretrain, finetune, evaluate or analyse.';
comment on column study.running.system is 'System of the cell; null when several cells share the phase.';
comment on column study.running.latents is 'Latent budget N_L of the cell; null when several cells share the phase.';
comment on column study.running.attempt is 'The attempt.';
comment on column study.running.node is 'Node.';
comment on column study.running.slot is 'Slot of the node.';
comment on column study.running.device is 'cpu or cuda.';
comment on column study.running.committed_step is 'Step of record.';
comment on column study.running.step is 'Live step.';
comment on column study.running.total_steps is 'Steps of the whole phase.';
comment on column study.running.loss_nats is 'Live loss, nats per target; null in evaluation.';
comment on column study.running.tokens_per_second is 'Live throughput.';
comment on column study.running.progress_at is 'When the live numbers were written; null before the first.';
comment on column study.running.started_at is 'When the attempt was opened.';

create view study.nodes as
select
  n.name as node,
  coalesce(n.owned_until > now(), false) as connected,
  n.address,
  n.slots,
  (select count(*) from attempts a where a.node_id = n.node_id and a.state = 'open')::integer as busy,
  n.memory_bytes,
  n.engine_version,
  n.owner,
  e.event as last_event,
  e.at as last_event_at,
  n.registered_at,
  n.first_seen_at
from nodes n
left join lateral (
  select x.event, x.at from node_events x where x.node_id = n.node_id order by x.event_id desc limit 1
) e on true;
comment on view study.nodes is 'Machines of the fleet.';
comment on column study.nodes.node is 'Name of the node.';
comment on column study.nodes.connected is 'An orchestrator serves it now.';
comment on column study.nodes.address is 'host:port of its worker service.';
comment on column study.nodes.slots is 'Places for one attempt each.';
comment on column study.nodes.busy is 'Attempts that are open on it.';
comment on column study.nodes.memory_bytes is 'Main memory.';
comment on column study.nodes.engine_version is 'Version of its training engine.';
comment on column study.nodes.owner is 'Orchestrator replica that serves it.';
comment on column study.nodes.last_event is 'What happened to it last.';
comment on column study.nodes.last_event_at is 'When.';
comment on column study.nodes.registered_at is 'Latest registration.';
comment on column study.nodes.first_seen_at is 'First registration.';
