-- Idempotency key: phase, metric, step.
insert into metrics (phase_id, metric, step, value, attempt)
select * from unnest($1::bigint[], $2::smallint[], $3::integer[], $4::double precision[], $5::integer[])
on conflict (phase_id, metric, step) do nothing
