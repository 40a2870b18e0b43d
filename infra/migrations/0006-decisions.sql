-- Why things went as they went: every decision about a phase or a node is a row. Attempts say what they did otherwise than their phase's
-- config, nodes whether they are trusted, phases what they wait for, and what a deletion still has to remove is remembered.

create table decisions (
  decision_id bigint generated always as identity primary key,
  phase_id bigint references phases,
  attempt integer,
  node_id integer references nodes,
  kind text not null,
  reason text not null,
  details jsonb not null default '{}',
  at timestamptz not null default clock_timestamp()
);
create index decisions_by_phase on decisions (phase_id, decision_id) where phase_id is not null;
create index decisions_by_node on decisions (node_id, decision_id) where phase_id is null;
-- these are taken once for an attempt, however often the one who takes them is interrupted
create unique index decisions_once on decisions (phase_id, attempt, kind) where kind in ('placed', 'retry', 'given_up');
comment on table decisions is 'Every decision about a phase or a node, in order: placement, retry, what a retry does otherwise, adoption, quarantine, ...';
comment on column decisions.decision_id is 'Internal id, in order of writing.';
comment on column decisions.phase_id is 'The phase; null for decisions about a node alone.';
comment on column decisions.attempt is 'The attempt that it is about; null = none.';
comment on column decisions.node_id is 'The node that it is about; null = none.';
comment on column decisions.kind is 'placed, retry, given_up, microbatch_halved, data_reordered, rate_lowered, adopted, waits, taken_over, fits_nowhere, asked_again, quarantined, quarantine_extended, readmitted.';
comment on column decisions.reason is 'Why, one sentence.';
comment on column decisions.details is 'Values by name.';
comment on column decisions.at is 'When.';

alter table attempts add column overrides jsonb not null default '{}';
comment on column attempts.overrides is 'What it does otherwise than its phase''s config after failures: microbatch, dataOrder, rateFactor. The phase key stays.';

create index attempts_by_node on attempts (node_id, closed_at desc) where state in ('failed', 'finished');

alter table phases add column waits_for text;
comment on column phases.waits_for is 'What a phase that fits no slot of the fleet waits for, one sentence; null = nothing.';

alter table nodes
  add column places jsonb not null default '[]',
  add column quarantined_at timestamptz,
  add column quarantine_until timestamptz,
  add column quarantine_reason text,
  add column quarantines integer not null default 0,
  add column trusted_at timestamptz not null default now();
comment on column nodes.places is 'Its slots: index, device, memory_bytes (0 = not known).';
comment on column nodes.quarantined_at is 'Since when it gets no work, because attempts failed on it that succeed elsewhere; null = it is trusted.';
comment on column nodes.quarantine_until is 'From then on it gets one phase to try itself on, a canary.';
comment on column nodes.quarantine_reason is 'Why it is in quarantine, one sentence.';
comment on column nodes.quarantines is 'Quarantines and failed canaries in a row; each doubles the wait. Counted anew after an hour of trust.';
comment on column nodes.trusted_at is 'Failures before this moment are forgotten.';

create table artifact_garbage (
  uri text primary key,
  at timestamptz not null default now()
);
comment on table artifact_garbage is 'Files of the artifact store whose rows are deleted and that are still to be removed. Written in the transaction that deletes the rows, so that no crash leaves a file behind for ever.';
comment on column artifact_garbage.uri is 'Where it is in the artifact store.';
comment on column artifact_garbage.at is 'When its rows were deleted.';

create view study.decisions as
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
comment on column study.decisions.decision is 'placed, retry, given_up, microbatch_halved, data_reordered, rate_lowered, adopted, waits, taken_over, fits_nowhere, asked_again, quarantined, quarantine_extended, readmitted.';
comment on column study.decisions.reason is 'Why, one sentence.';
comment on column study.decisions.details is 'Values by name.';
comment on column study.decisions.at is 'When.';
comment on column study.decisions.decision_id is 'Order of writing.';

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
comment on column study.attempts.overrides is 'What it did otherwise than the phase''s config after failures: microbatch (same effective batch), dataOrder, rateFactor.';

create or replace view study.nodes as
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
  n.first_seen_at,
  n.quarantined_at is not null as quarantined,
  n.quarantine_reason,
  n.quarantine_until as canary_at,
  n.places
from nodes n
left join lateral (
  select x.event, x.at from node_events x where x.node_id = n.node_id order by x.event_id desc limit 1
) e on true;
comment on column study.nodes.quarantined is 'It gets no work, because attempts failed on it that succeed elsewhere.';
comment on column study.nodes.quarantine_reason is 'Why, one sentence.';
comment on column study.nodes.canary_at is 'From when on it may try itself on one phase; success ends the quarantine.';
comment on column study.nodes.places is 'Its slots: index, device, memory_bytes (0 = not known).';

create or replace view study.phases as
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
  p.closed_at,
  p.waits_for
from sweep_trials st
join sweeps s on s.sweep_id = st.sweep_id
join trials t on t.trial_id = st.trial_id
join trial_phases tp on tp.trial_id = t.trial_id
join phases p on p.phase_id = tp.phase_id
left join attempts a on a.phase_id = p.phase_id and a.attempt = p.attempt
left join nodes n on n.node_id = a.node_id;
comment on column study.phases.waits_for is 'What a phase that fits no slot of the fleet waits for; null = nothing but its turn.';

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
    case when count(*) = 1 then min(t.system) end as system,
    case when count(*) = 1 then min(t.latents) end as latents,
    case when count(*) = 1 then min(t.seed) end as seed,
    case when count(distinct t.task) = 1 then min(t.task) end as task
  from trial_phases tp
  join sweep_trials st on st.trial_id = tp.trial_id
  join trials t on t.trial_id = st.trial_id
  where tp.phase_id = a.phase_id
  group by st.sweep_id
) c
join sweeps s on s.sweep_id = c.sweep_id
where a.state = 'open';
comment on column study.running.seed is 'Seed of the cell; null when several cells share the phase.';
comment on column study.running.task is 'Task of the cells.';
