-- $3: workflow that has the claim (batch/SWEEP/FROM-TO). A forgiven failure is none.
select case when a.forgiven then null else a.failure end as failure, a.overrides,
  (select s.spec -> 'retries' from sweeps s where s.name = split_part($3::text, '/', 2)) as retries
from attempts a where a.phase_id = $1::bigint and a.attempt = $2::integer
