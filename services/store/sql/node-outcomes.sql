-- How the latest attempts on a node ended, newest first, and whether what failed here went on elsewhere: finished there, or got beyond the
-- step at which it failed here. A checkpoint that cannot be used is the store's fault.
select a.phase_id, a.state, a.failure, a.opened_at > coalesce(n.quarantined_at, '-infinity') as since_quarantine,
  a.state = 'failed' and exists (
    select from attempts other
    where other.phase_id = a.phase_id and other.attempt > a.attempt and other.node_id <> a.node_id
      and (other.state = 'finished' or other.step > a.step)
  ) as went_on_elsewhere
from nodes n join attempts a on a.node_id = n.node_id
where n.name = $1::text and a.state in ('failed', 'finished') and a.closed_at > n.trusted_at
  and not coalesce(a.details ? 'fault', false)
order by a.closed_at desc
limit $2::integer
