-- The budgets are those of the sweep whose batch has the claim. A forgiven failure is none.
select case when a.forgiven then null else a.failure end as failure, a.overrides, s.spec -> 'retries' as retries
from attempts a
join phases p on p.phase_id = a.phase_id
left join sweeps s on s.name = p.owner_sweep
where a.phase_id = $1::bigint and a.attempt = $2::integer
