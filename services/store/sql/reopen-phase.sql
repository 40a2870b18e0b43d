-- Its result stays until it has another: equal, unless the machine computes otherwise.
update phases set state = 'planned', closed_at = null where phase_id = $1::bigint and state = 'finished'
