update phases set state = 'running', attempt = $2::integer where phase_id = $1::bigint
