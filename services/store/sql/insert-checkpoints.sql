-- Idempotency key: phase, attempt, step.
insert into checkpoints (phase_id, attempt, step, uri, sha256, bytes, node_id)
select * from unnest($1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::bigint[], $7::integer[])
on conflict (phase_id, attempt, step) do nothing
