insert into attempt_progress (phase_id, attempt, step, total_steps, loss_nats, tokens_per_second)
select w.phase_id, w.attempt, w.step, w.total_steps, w.loss_nats, w.tokens_per_second
from unnest($1::bigint[], $2::integer[], $3::integer[], $4::integer[], $5::double precision[], $6::double precision[])
  as w(phase_id, attempt, step, total_steps, loss_nats, tokens_per_second)
join attempts a on a.phase_id = w.phase_id and a.attempt = w.attempt and a.state = 'open'
order by w.phase_id
on conflict (phase_id) do update
set attempt = excluded.attempt, step = excluded.step, total_steps = excluded.total_steps, loss_nats = excluded.loss_nats,
  tokens_per_second = excluded.tokens_per_second, at = now()
where excluded.attempt >= attempt_progress.attempt
