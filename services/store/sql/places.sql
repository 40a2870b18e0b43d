-- Slots of nodes that some replica serves and that may get work now, and whether an open attempt has them.
select n.name as node, (place ->> 'index')::integer as slot, place ->> 'device' as device,
  (place ->> 'memory_bytes')::double precision as memory_bytes,
  not exists (
    select from attempts a
    where a.node_id = n.node_id and a.state = 'open' and a.slot = (place ->> 'index')::integer
  ) as free
from nodes n cross join lateral jsonb_array_elements(n.places) place
where n.owned_until > clock_timestamp() and (n.quarantined_at is null or n.quarantine_until <= clock_timestamp())
order by n.node_id, slot
