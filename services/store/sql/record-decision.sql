-- Idempotency key of what is decided once for an attempt: phase, attempt, kind.
insert into decisions (phase_id, attempt, node_id, kind, reason, details)
select (select phase_id from phases where phase_key = $1::text), $2::integer, (select node_id from nodes where name = $3::text),
  $4::text, $5::text, $6::jsonb
on conflict do nothing
