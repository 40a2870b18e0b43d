delete from attempt_progress where phase_id = $1::bigint
