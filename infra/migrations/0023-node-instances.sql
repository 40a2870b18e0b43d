-- A name belongs to one node: whoever else registers under it while that one is alive is refused.
alter table nodes add column instance_id text;
alter table nodes add column instance_until timestamptz;
comment on column nodes.instance_id is 'Random number of the node''s state folder, kept through its restarts; null = its version has none. Read by nobody but the registry.';
comment on column nodes.instance_until is 'Until then another instance under the same name is refused; moved on while the node renews.';
