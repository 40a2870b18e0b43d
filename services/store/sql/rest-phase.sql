-- Its attempt has ended without a result.
update phases set state = 'planned' where phase_id = $1::bigint and state = 'running'
