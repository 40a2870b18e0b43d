-- The database's clock decides; clock_timestamp, because the row may have been waited for.
update nodes set owner = $2::text, owned_until = clock_timestamp() + $3::double precision * interval '1 millisecond'
where name = $1::text and (owner is null or owner = $2::text or owned_until <= clock_timestamp())
returning name
