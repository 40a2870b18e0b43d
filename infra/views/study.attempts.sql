create or replace view study.attempts as
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
  a.closed_at,
  a.overrides
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
comment on column study.attempts.forgiven is 'Its failure no longer counts: before a retry command, on a sick node, or for a lost checkpoint.';
comment on column study.attempts.opened_at is 'When it was opened.';
comment on column study.attempts.closed_at is 'When it ended.';
comment on column study.attempts.overrides is
  'What it did otherwise than the phase''s config after failures: microbatch (same effective batch), dataOrder, rateFactor.';
