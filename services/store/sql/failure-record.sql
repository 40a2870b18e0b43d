-- What decides about a retry: the budgets of the sweep whose batch has the claim, and the counts they apply to.
select
  (select s.spec -> 'retries' from sweeps s where s.name = p.owner_sweep) as retries,
  coalesce((
    select jsonb_object_agg(x.failure, x.count)
    from (
      select a.failure, count(*) as count from attempts a
      where a.phase_id = p.phase_id and a.failure is not null and not a.forgiven
      group by a.failure
    ) x
  ), '{}') as counts
from phases p where p.phase_id = $1::bigint
