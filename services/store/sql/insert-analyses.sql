-- Idempotency key: phase, name, label, i, j; two equal ones of one result are refused.
insert into analyses (phase_id, name, label, i, j, value)
select $1::bigint, a.name, a.label, a.i, a.j, a.value
from unnest($2::text[], $3::text[], $4::integer[], $5::integer[], $6::double precision[]) as a(name, label, i, j, value)
