update sweeps set priority = $2::integer, weight = $3::double precision, width = $4::integer
where sweep_id = $1::integer
