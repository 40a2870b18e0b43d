select a.phase_id, p.phase_key, a.attempt, a.slot, a.device, a.workflow_id, a.run_id, a.activity_id, a.last_seq::text as last_seq,
  a.step, p.total_steps
from attempts a
join nodes n on n.node_id = a.node_id
join phases p on p.phase_id = a.phase_id
where n.name = $1::text and a.state = 'open'
order by a.phase_id
