-- Idempotency key: the phase, which is finished once.
insert into evaluations (phase_id, split, items, correct, accuracy, chance)
values ($1::bigint, $2::text, $3::integer, $4::integer, $5::double precision, $6::double precision)
on conflict (phase_id) do nothing
