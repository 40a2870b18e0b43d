-- $3: failed or stopped. Only an open attempt ends.
update attempts
set state = $3::text, failure = $4::text, code = $5::text, message = $6::text, details = $7::jsonb, closed_at = clock_timestamp()
where phase_id = $1::bigint and attempt = $2::integer and state = 'open'
returning resume_attempt, resume_step
