update phases
set state = 'failed', failure = $2::text, message = $3::text, owner_workflow_id = null, owner_run_id = null, owner_sweep = null, closed_at = clock_timestamp()
where phase_id = $1::bigint and state <> 'finished'
