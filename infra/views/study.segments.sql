create or replace view study.segments as
select
  st.sweep,
  st.cell,
  t.trial_key,
  p.phase_key,
  p.kind,
  tp.position,
  g.attempt,
  g.seq,
  g.from_step,
  g.to_step,
  g.seconds,
  g.tokens,
  g.tokens / nullif(g.seconds, 0) as tokens_per_second,
  g.mfu,
  n.name as node,
  a.device,
  g.superseded_by,
  g.at
from sweep_trials st
join trials t on t.trial_id = st.trial_id
join trial_phases tp on tp.trial_id = st.trial_id
join phases p on p.phase_id = tp.phase_id
join gpu_seconds g on g.phase_id = p.phase_id
join attempts a on a.phase_id = g.phase_id and a.attempt = g.attempt
join nodes n on n.node_id = a.node_id;

comment on view study.segments is
  'What each committed segment of each phase cost and where it ran; a shared phase''s under each of its cells: add up over distinct phase_key, attempt, seq.';
comment on column study.segments.sweep is 'Name of the sweep.';
comment on column study.segments.cell is 'Number of the cell.';
comment on column study.segments.trial_key is 'Identity of the trial.';
comment on column study.segments.phase_key is 'Identity of the phase.';
comment on column study.segments.kind is 'base, pretrain, finetune, evaluate or analyse.';
comment on column study.segments.position is 'Order of the phase in the trial, from 0.';
comment on column study.segments.attempt is 'Attempt that ran it.';
comment on column study.segments.seq is 'Number of the segment within the attempt.';
comment on column study.segments.from_step is 'Last step before it.';
comment on column study.segments.to_step is 'Its last step.';
comment on column study.segments.seconds is 'Device time, seconds.';
comment on column study.segments.tokens is 'Tokens processed.';
comment on column study.segments.tokens_per_second is 'Tokens over device time.';
comment on column study.segments.mfu is 'Model FLOPs utilisation, 0 to 1; null where nothing was trained.';
comment on column study.segments.node is 'Node it ran on.';
comment on column study.segments.device is 'cpu or cuda.';
comment on column study.segments.superseded_by is 'Attempt that did its steps again; null = it counts.';
comment on column study.segments.at is 'When it was committed.';
