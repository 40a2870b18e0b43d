update phases set owner_workflow_id = null, owner_run_id = null, owner_sweep = null
where phase_key = $1::text and owner_workflow_id = $2::text and owner_run_id = $3::text
