update attempts set workflow_id = $3::text, run_id = $4::text, activity_id = $5::text
where phase_id = $1::bigint and attempt = $2::integer
