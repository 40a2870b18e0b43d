create or replace view study.failures as
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
comment on column study.failures.forgiven is 'Its failure no longer counts: before a retry command, on a sick node, or for a lost checkpoint.';
comment on column study.failures.at is 'When.';
