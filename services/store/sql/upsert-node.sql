-- Says nothing about who owns the node.
insert into nodes (name, address, incarnation, slots, engine_version, memory_bytes, places)
values ($1::text, $2::text, $3::text, $4::integer, $5::text, $6::bigint, $7::jsonb)
on conflict (name) do update
set address = excluded.address, incarnation = excluded.incarnation, slots = excluded.slots, engine_version = excluded.engine_version,
  memory_bytes = excluded.memory_bytes, places = excluded.places, registered_at = now()
