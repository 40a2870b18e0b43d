-- $13 to $15: decisions that led to it, so that they cost no round trip of their own.
with opened as (
  insert into attempts
    (phase_id, attempt, fence, node_id, slot, device, workflow_id, run_id, activity_id, resume_step, resume_attempt, step, overrides)
  select $1::bigint, $2::integer, $3::integer, n.node_id, $5::integer, $6::text, $7::text, $8::text, $9::text, $10::integer, $11::integer,
    $10::integer, $12::jsonb
  from nodes n where n.name = $4::text
  returning phase_id, attempt, node_id
),
noted as (
  insert into decisions (phase_id, attempt, node_id, kind, reason, details)
  select o.phase_id, o.attempt, o.node_id, d.kind, d.reason, d.details
  from opened o cross join unnest($13::text[], $14::text[], $15::jsonb[]) with ordinality as d(kind, reason, details, place)
  order by d.place
)
select attempt from opened
