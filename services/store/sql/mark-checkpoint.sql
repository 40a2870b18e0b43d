-- Of the checkpoints that an attempt was given: where it was to go on ($1 phase, $2 attempt, $3 step), and the final one of the parent phase.
-- $4 is the hash and $5 the name of the one that cannot be used, null = where it was to go on. All rows of the file are marked.
with given as (
  select c.uri, c.sha256, true as own from checkpoints c
  where c.phase_id = $1::bigint and c.attempt = $2::integer and c.step = $3::integer
  union all
  select c.uri, c.sha256, false from checkpoints c
  join phases parent on parent.phase_id = c.phase_id
  join phases child on child.parent_key = parent.phase_key
  where child.phase_id = $1::bigint and c.superseded_by is null
),
hit as (
  select distinct uri from given
  where (sha256 = $4::text or ($4::text is null and own)) and uri = coalesce($5::text, uri)
),
marked as (
  update checkpoints c set damaged = true from hit where c.uri = hit.uri and not c.damaged
)
select uri from hit
