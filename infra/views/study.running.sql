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
comment on column study.running.seed is 'Seed of the cell; null when several cells share the phase.';
comment on column study.running.task is 'Task of the cells.';
