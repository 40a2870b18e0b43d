-- Idempotency key: the phase key. Parents are in the same statement or already there.
insert into phases (phase_key, kind, parent_key, config, total_steps)
select * from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::integer[])
on conflict (phase_key) do nothing
