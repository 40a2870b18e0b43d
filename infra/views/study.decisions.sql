create or replace view study.decisions as
select
  p.phase_key,
  p.kind,
  d.attempt,
  n.name as node,
  d.kind as decision,
  d.reason,
  d.details,
  d.at,
  d.decision_id
from decisions d
left join phases p on p.phase_id = d.phase_id
left join nodes n on n.node_id = d.node_id;

comment on view study.decisions is 'Every decision about a phase or a node; in order of decision_id they tell what happened and why (lsweep why).';
comment on column study.decisions.phase_key is 'Identity of the phase; null for decisions about a node alone.';
comment on column study.decisions.kind is 'Kind of the phase.';
comment on column study.decisions.attempt is 'The attempt that it is about.';
comment on column study.decisions.node is 'The node that it is about.';
comment on column study.decisions.decision is
  'placed, retry, given_up, microbatch_halved, data_reordered, rate_lowered, adopted, waits, taken_over, fits_nowhere, asked_again, reopened, weights_differ, quarantined, quarantine_extended, readmitted.';
comment on column study.decisions.reason is 'Why, one sentence.';
comment on column study.decisions.details is 'Values by name.';
comment on column study.decisions.at is 'When.';
comment on column study.decisions.decision_id is 'Order of writing.';
