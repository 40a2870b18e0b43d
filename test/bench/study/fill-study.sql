-- A sweep of 100,000 cells of one phase each, 1,000 of them running, 70,000 closed, one in a hundred of those failed.
insert into sweeps (name, state, spec, spec_hash, cells, priority, weight) values ('grid', 'running', '{}', 'x', 100000, 3, 1);
insert into nodes (name, address, incarnation, slots, engine_version, memory_bytes) values ('node', 'a:1', 'x', 1000, '1', 1);
insert into metric_names (name) values ('loss_nats');
insert into phases (phase_key, kind, config, total_steps, state, attempt, closed_at, result)
select md5('p' || i), 'simulate', jsonb_build_object('standsFor', md5('s' || i), 'text', repeat('x', 200)), 10,
  case when i >= 71000 then 'planned' when i >= 70000 then 'running' when i % 100 = 0 then 'failed' else 'finished' end,
  case when i >= 71000 then 0 else 1 end, case when i < 70000 then now() end, case when i < 70000 then '{}'::jsonb end
from generate_series(0, 99999) i;
insert into trials (trial_key, settings, system, task, latents, seed)
select md5('t' || i), jsonb_build_object('text', repeat(md5('x' || i), 30)), 'liu', 'simulate', i % 10, i
from generate_series(0, 99999) i;
insert into trial_phases (trial_id, position, phase_id)
select t.trial_id, 0, p.phase_id
from generate_series(0, 99999) i join trials t on t.trial_key = md5('t' || i) join phases p on p.phase_key = md5('p' || i);
insert into sweep_trials (sweep_id, cell, trial_id, revision, point)
select s.sweep_id, i, t.trial_id, 1, jsonb_build_object('latents', i % 10)
from generate_series(0, 99999) i join trials t on t.trial_key = md5('t' || i) cross join sweeps s;
insert into attempts (phase_id, attempt, fence, state, node_id, slot, device, workflow_id, run_id, activity_id, resume_step, step, failure, code,
  message, details, opened_at, closed_at)
select p.phase_id, 1, 1, case p.state when 'running' then 'open' else p.state end, n.node_id, 0, 'simulate', 'w', 'r', 'a', 0, 10,
  case when p.state = 'failed' then 'code_error' end, case when p.state = 'failed' then 'INTERNAL' end,
  case when p.state = 'failed' then 'it broke' end, case when p.state = 'failed' then '{}'::jsonb end, now(),
  case when p.state <> 'running' then now() - random() * interval '1 hour' end
from phases p cross join nodes n where p.attempt = 1;
insert into metric_last (metric, phase_id, step, value) select 1, phase_id, 10, random() from phases where attempt = 1;
insert into metrics (phase_id, metric, step, value, attempt) select phase_id, 1, 10, 0.5, 1 from phases where attempt = 1;
insert into gpu_seconds (phase_id, attempt, seq, from_step, to_step, seconds, tokens) select phase_id, 1, 1, 0, 10, 1, 0 from phases where attempt = 1;
insert into evaluations (phase_id, split, items, correct, accuracy, chance)
select phase_id, 'test', 100, phase_id % 100, phase_id % 100 / 100.0, 0.5 from phases where state = 'finished';
insert into attempt_progress (phase_id, attempt, step, total_steps, loss_nats, tokens_per_second)
select phase_id, 1, 5, 10, 1, 100 from phases where state = 'running';

-- as autovacuum does within seconds: without statistics a trigger of a closing trial reads all cells
analyze;
update trials t
set state = p.state, failure = case when p.state = 'failed' then 'code_error' end, message = case when p.state = 'failed' then 'it broke' end,
  closed_at = p.closed_at,
  (accuracy, chance, items, split, final_loss, steps, total_steps, attempts, gpu_seconds) = (select o.* from trial_outcome(t.trial_id) o)
from trial_phases tp join phases p on p.phase_id = tp.phase_id
where tp.trial_id = t.trial_id and p.state in ('finished', 'failed');
