create or replace view study.nodes as
select
  n.name as node,
  coalesce(n.owned_until > now(), false) as connected,
  n.address,
  n.slots,
  (select count(*) from attempts a where a.node_id = n.node_id and a.state = 'open')::integer as busy,
  n.memory_bytes,
  n.engine_version,
  n.owner,
  e.event as last_event,
  e.at as last_event_at,
  n.registered_at,
  n.first_seen_at,
  n.quarantined_at is not null as quarantined,
  n.quarantine_reason,
  n.quarantine_until as canary_at,
  n.places
from nodes n
left join lateral (
  select x.event, x.at from node_events x where x.node_id = n.node_id order by x.event_id desc limit 1
) e on true;

comment on view study.nodes is 'Machines of the fleet.';
comment on column study.nodes.node is 'Name of the node.';
comment on column study.nodes.connected is 'An orchestrator serves it now.';
comment on column study.nodes.address is 'host:port of its worker service.';
comment on column study.nodes.slots is 'Places for one attempt each.';
comment on column study.nodes.busy is 'Attempts that are open on it.';
comment on column study.nodes.memory_bytes is 'Main memory.';
comment on column study.nodes.engine_version is 'Version of its training engine.';
comment on column study.nodes.owner is 'Orchestrator replica that serves it.';
comment on column study.nodes.last_event is 'What happened to it last.';
comment on column study.nodes.last_event_at is 'When.';
comment on column study.nodes.registered_at is 'Latest registration.';
comment on column study.nodes.first_seen_at is 'First registration.';
comment on column study.nodes.quarantined is 'It gets no work, because attempts failed on it that succeed elsewhere.';
comment on column study.nodes.quarantine_reason is 'Why, one sentence.';
comment on column study.nodes.canary_at is 'From when on it may try itself on one phase; success ends the quarantine.';
comment on column study.nodes.places is 'Its slots: index, device, memory_bytes (0 = not known).';
