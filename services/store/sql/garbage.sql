-- The next files after $1, which no other remover has, and their phases, null where those are gone.
select g.uri, p.phase_id
from artifact_garbage g left join phases p on p.phase_key = g.phase_key
where g.uri > $1::text
order by g.uri
limit $2::integer
for update of g skip locked
