-- What failed on a sick node was the node's fault: it no longer counts against its phases. $2: classes that may be a node's fault.
update attempts a set forgiven = true
from nodes n
where n.name = $1::text and a.node_id = n.node_id and a.state = 'failed' and not a.forgiven and a.failure = any ($2::text[])
  and a.closed_at > n.trusted_at
  and exists (select from phases p where p.phase_id = a.phase_id and p.state in ('planned', 'running'))
