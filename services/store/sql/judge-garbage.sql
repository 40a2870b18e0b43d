-- Under the locks of their phases. `wanted`: a row names the file again. `expected`: an open attempt has yet to reach its step in the record, and
-- may have put it again already.
select g.uri, exists (select from checkpoints c where c.uri = g.uri) as wanted,
  exists (
    select from phases p join attempts a on a.phase_id = p.phase_id
    where p.phase_key = g.phase_key and a.state = 'open' and a.step < coalesce(g.step, 0)
  ) as expected
from artifact_garbage g
where g.uri = any ($1::text[])
