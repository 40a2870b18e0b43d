select c.attempt, c.step, c.uri, c.sha256, c.bytes, n.name as node
from phases p
join checkpoints c on c.phase_id = p.phase_id
join nodes n on n.node_id = c.node_id
where p.phase_key = $1::text and not c.damaged and c.superseded_by is null
order by c.step desc, c.attempt desc
limit 1
