update phases
set state = 'finished', result = $2::jsonb, weights_sha256 = $3::text, failure = null, message = null,
  owner_workflow_id = null, owner_run_id = null, owner_sweep = null, closed_at = clock_timestamp()
where phase_id = $1::bigint
