update phases set owner_workflow_id = $2::text, owner_run_id = $3::text, owner_sweep = $4::text, fence = fence + 1
where phase_id = $1::bigint
returning fence
