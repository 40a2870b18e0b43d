select owner_workflow_id, owner_run_id, state from phases where phase_key = $1::text
