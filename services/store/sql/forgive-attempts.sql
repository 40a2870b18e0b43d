update attempts set forgiven = true where phase_id = any ($1::bigint[]) and not forgiven
