update attempts set state = 'finished', last_seq = greatest(last_seq, $3::bigint), closed_at = clock_timestamp()
where phase_id = $1::bigint and attempt = $2::integer
