-- $2: failure classes that may be a node's fault.
select distinct n.name
from attempts a join nodes n on n.node_id = a.node_id
where a.phase_id = $1::bigint and a.state = 'failed' and a.failure = any ($2::text[])
