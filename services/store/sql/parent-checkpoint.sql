-- State of a phase and its last checkpoint, usable or not: a phase whose last one is lost has no weights to start another from, although older
-- ones are there.
select p.state, c.attempt, c.step, c.uri, c.sha256, c.bytes, c.damaged, c.node
from phases p
left join lateral (
  select k.attempt, k.step, k.uri, k.sha256, k.bytes, k.damaged, n.name as node
  from checkpoints k join nodes n on n.node_id = k.node_id
  where k.phase_id = p.phase_id and k.superseded_by is null
  order by k.step desc, k.damaged, k.attempt desc
  limit 1
) c on true
where p.phase_key = $1::text
