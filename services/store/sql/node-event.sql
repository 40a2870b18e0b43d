insert into node_events (node_id, event, details)
select node_id, $2::text, $3::jsonb from nodes where name = $1::text
returning event_id
