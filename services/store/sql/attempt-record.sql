select a.last_seq::text as last_seq, a.step, p.total_steps
from attempts a join phases p on p.phase_id = a.phase_id
where a.phase_id = $1::bigint and a.attempt = $2::integer
