select phase_id, phase_key, state, fence, attempt, owner_workflow_id, owner_run_id, failure, message, parent_key,
  config::text as config_json, total_steps
from phases where phase_key = $1::text
for no key update
