create or replace view study.checkpoints as
select
  st.sweep,
  st.cell,
  t.trial_key,
  p.phase_key,
  p.kind,
  tp.position,
  c.attempt,
  c.step,
  p.total_steps,
  c.uri,
  c.sha256,
  c.bytes,
  n.name as node,
  c.at,
  c.damaged,
  c.superseded_by,
  p.state = 'finished' and c.step = p.total_steps and not c.damaged and c.superseded_by is null as is_final,
  p.weights_sha256
from sweep_trials st
join trials t on t.trial_id = st.trial_id
join trial_phases tp on tp.trial_id = st.trial_id
join phases p on p.phase_id = tp.phase_id
join checkpoints c on c.phase_id = p.phase_id
join nodes n on n.node_id = c.node_id;

comment on view study.checkpoints is
  'Checkpoints that the artifact store has, for each cell whose trial they belong to; a shared phase''s under each of its cells.';
comment on column study.checkpoints.sweep is 'Name of the sweep.';
comment on column study.checkpoints.cell is 'Number of the cell.';
comment on column study.checkpoints.trial_key is 'Identity of the trial.';
comment on column study.checkpoints.phase_key is 'Identity of the phase.';
comment on column study.checkpoints.kind is 'base, pretrain or finetune.';
comment on column study.checkpoints.position is 'Order of the phase in the trial, from 0.';
comment on column study.checkpoints.attempt is 'Attempt that wrote it.';
comment on column study.checkpoints.step is 'Optimizer step after which it was written.';
comment on column study.checkpoints.total_steps is 'Steps of the whole phase.';
comment on column study.checkpoints.uri is 'Where it lies.';
comment on column study.checkpoints.sha256 is 'SHA-256 of the file.';
comment on column study.checkpoints.bytes is 'Size of the file, bytes.';
comment on column study.checkpoints.node is 'Node that wrote it.';
comment on column study.checkpoints.at is 'When it was recorded.';
comment on column study.checkpoints.damaged is 'It was found missing or damaged, and is never started from again.';
comment on column study.checkpoints.superseded_by is 'Attempt that did its steps again; null = it counts.';
comment on column study.checkpoints.is_final is 'The weights that the finished phase ended with.';
comment on column study.checkpoints.weights_sha256 is 'SHA-256 over all weights of the finished phase: equal for equal results.';
