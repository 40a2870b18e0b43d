update checkpoints set damaged = true
where phase_id = $1::bigint and attempt = $2::integer and step = $3::integer and sha256 = coalesce($4::text, sha256)
