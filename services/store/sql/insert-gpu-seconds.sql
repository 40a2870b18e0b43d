-- Idempotency key: phase, attempt, spool sequence.
insert into gpu_seconds (phase_id, attempt, seq, from_step, to_step, seconds, tokens)
select * from unnest($1::bigint[], $2::integer[], $3::bigint[], $4::integer[], $5::integer[], $6::double precision[], $7::bigint[])
on conflict (phase_id, attempt, seq) do nothing
