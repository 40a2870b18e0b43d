update phases set state = 'running', attempt = $2::integer, waits_for = null where phase_id = $1::bigint
