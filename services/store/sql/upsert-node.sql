-- Says nothing about who owns the node. $8: instance, $9: how long it keeps the name from others, ms, $10: whether that time is to be trusted
-- when it has passed. Returns nothing when the name is another instance's.
insert into nodes (name, address, incarnation, slots, engine_version, memory_bytes, places, instance_id, instance_until)
values (
  $1::text, $2::text, $3::text, $4::integer, $5::text, $6::bigint, $7::jsonb, $8::text,
  clock_timestamp() + $9::double precision * interval '1 millisecond'
)
on conflict (name) do update
set address = excluded.address, incarnation = excluded.incarnation, slots = excluded.slots, engine_version = excluded.engine_version,
  memory_bytes = excluded.memory_bytes, places = excluded.places, instance_id = excluded.instance_id,
  instance_until = excluded.instance_until, registered_at = now()
where nodes.instance_id is null or nodes.instance_id = excluded.instance_id
  or ($10::boolean and nodes.instance_until <= clock_timestamp())
returning name
