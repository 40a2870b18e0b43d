-- From here on the earlier attempt's commits are refused.
update attempts set state = 'superseded', closed_at = clock_timestamp()
where phase_id = $1::bigint and state = 'open'
