insert into artifact_garbage (uri, phase_key, step)
select distinct on (c.uri) c.uri, p.phase_key, c.step
from checkpoints c join phases p on p.phase_id = c.phase_id
where c.phase_id = any ($1::bigint[])
order by c.uri
on conflict (uri) do update set phase_key = excluded.phase_key, step = excluded.step
