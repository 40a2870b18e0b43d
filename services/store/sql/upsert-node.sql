-- Says nothing about who owns the node.
insert into nodes (name, address, incarnation, slots, engine_version, memory_bytes)
values ($1::text, $2::text, $3::text, $4::integer, $5::text, $6::bigint)
on conflict (name) do update
set address = excluded.address, incarnation = excluded.incarnation, slots = excluded.slots, engine_version = excluded.engine_version,
  memory_bytes = excluded.memory_bytes, registered_at = now()
