-- A result is never overwritten by a failure that another sweep saw earlier.
update trials set state = $2::text, failure = $3::text, message = $4::text, closed_at = clock_timestamp()
where trial_id = $1::bigint and (state = 'planned' or (state = 'failed' and $2::text = 'finished'))
