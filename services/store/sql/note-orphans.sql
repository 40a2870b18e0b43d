-- Of files that lie in the store, those that no row names and that no row is on its way for: the spool of a node may still hold the segment of a
-- step that its phase has not reached in the record.
insert into artifact_garbage (uri, phase_key, step)
select f.uri, f.phase_key, f.step
from unnest($1::text[], $2::text[], $3::integer[]) as f(uri, phase_key, step)
left join phases p on p.phase_key = f.phase_key
left join attempts a on a.phase_id = p.phase_id and a.attempt = p.attempt
where not exists (select from checkpoints c where c.uri = f.uri)
  and (p.phase_id is null or p.state = 'finished' or f.step <= coalesce(a.step, -1))
on conflict (uri) do nothing
returning uri
