-- Idempotency key: the name. No row when a sweep has it already.
with made as (
  insert into sweeps (name, spec, spec_hash, cells, priority, weight, width)
  values ($1::text, $2::jsonb, $3::text, $4::integer, $5::integer, $6::double precision, $7::integer)
  on conflict (name) do nothing
  returning sweep_id, revision, spec, spec_hash, cells
)
insert into sweep_revisions (sweep_id, revision, spec, spec_hash, cells)
select sweep_id, revision, spec, spec_hash, cells from made
returning sweep_id
