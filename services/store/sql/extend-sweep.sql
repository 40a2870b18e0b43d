-- Idempotency key: the hash of the file. No row when the sweep has this file already, or is not at revision $5 any more.
with made as (
  update sweeps
  set revision = revision + 1, spec = $2::jsonb, spec_hash = $3::text, cells = $4::integer
  where name = $1::text and spec_hash <> $3::text and revision = $5::integer
  returning sweep_id, revision, spec, spec_hash, cells
)
insert into sweep_revisions (sweep_id, revision, spec, spec_hash, cells)
select sweep_id, revision, spec, spec_hash, cells from made
returning sweep_id
