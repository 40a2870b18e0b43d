update checkpoints set superseded_by = $3::integer
where phase_id = $1::bigint and step > $2::integer and superseded_by is null
