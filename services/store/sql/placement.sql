-- $2: failure classes that may be a node's fault. The sweep is the one whose batch has the claim.
select p.kind, p.config::text as config_json, p.attempt,
  (
    select n.name from checkpoints c join nodes n on n.node_id = c.node_id
    where c.phase_id = p.phase_id and not c.damaged and c.superseded_by is null
    order by c.step desc, c.attempt desc limit 1
  ) as checkpoint_node,
  (
    select n.name from checkpoints c join nodes n on n.node_id = c.node_id
    where c.phase_id = parent.phase_id and parent.kind <> 'base' and not c.damaged and c.superseded_by is null
    order by c.step desc, c.attempt desc limit 1
  ) as parent_node,
  coalesce((
    select array_agg(distinct n.name) from attempts a join nodes n on n.node_id = a.node_id
    where a.phase_id = p.phase_id and a.state = 'failed' and not a.forgiven and a.failure = any ($2::text[])
  ), '{}') as failed_on,
  parent.phase_key as parent_key, parent.state as parent_state,
  coalesce((
    select c.damaged from checkpoints c
    where c.phase_id = parent.phase_id and c.superseded_by is null
    order by c.step desc, c.damaged, c.attempt desc limit 1
  ), false) as parent_lost,
  (select s.spec -> 'resources' from sweeps s where s.name = p.owner_sweep) as resources
from phases p
left join phases parent on parent.phase_key = p.parent_key
where p.phase_key = $1::text
