-- The fence: a row that is no longer open refuses. Locked in one order, so that groups never wait for each other in a circle.
select a.phase_id, a.attempt, a.state, a.last_seq::text as last_seq, a.step, a.node_id
from attempts a
join unnest($1::bigint[], $2::integer[]) as w(phase_id, attempt) on w.phase_id = a.phase_id and w.attempt = a.attempt
order by a.phase_id, a.attempt
for no key update of a
