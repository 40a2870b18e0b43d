-- Idempotency key: phase, item.
insert into evaluation_items (phase_id, item, step, attempt, prediction, gold, correct, tokens, seconds)
select * from unnest($1::bigint[], $2::integer[], $3::integer[], $4::integer[], $5::text[], $6::text[], $7::boolean[], $8::integer[],
  $9::double precision[])
on conflict (phase_id, item) do nothing
