update nodes
set owned_until = clock_timestamp() + $3::double precision * interval '1 millisecond',
  instance_until = clock_timestamp() + $3::double precision * interval '1 millisecond'
where name = any ($1::text[]) and owner = $2::text
returning name
