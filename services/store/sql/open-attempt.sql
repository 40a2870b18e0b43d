insert into attempts
  (phase_id, attempt, fence, node_id, slot, device, workflow_id, run_id, activity_id, resume_step, resume_attempt, step)
select $1::bigint, $2::integer, $3::integer, n.node_id, $5::integer, $6::text, $7::text, $8::text, $9::text, $10::integer, $11::integer,
  $10::integer
from nodes n where n.name = $4::text
returning attempt
