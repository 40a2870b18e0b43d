update attempts a set last_seq = w.seq, step = w.step
from unnest($1::bigint[], $2::integer[], $3::bigint[], $4::integer[]) as w(phase_id, attempt, seq, step)
where a.phase_id = w.phase_id and a.attempt = w.attempt
