-- Phases after $1 with more rows than they may keep; the next $2 of them.
select c.phase_id
from checkpoints c join phases p on p.phase_id = c.phase_id
where c.phase_id > $1::bigint
group by c.phase_id, p.state
having count(*) > case when p.state = 'finished' then 1 else 2 end
order by c.phase_id
limit $2::integer
