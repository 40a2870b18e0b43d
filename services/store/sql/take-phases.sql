delete from phases where phase_id = any ($1::bigint[])
