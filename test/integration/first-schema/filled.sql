-- A database of the first landed schema (0001, 0002) with something of everything: a finished sweep with a failed cell, one that goes on, one
-- that was cancelled while another went on with its trial, one that is paused; a Base that all share; attempts that failed, were superseded
-- and are open; work that was done again. Times are fixed, ids are those that the tables give.

insert into sweeps (name, revision, state, state_at, spec, spec_hash, cells, priority, weight, width, created_at) values
  ('done', 1, 'finished', '2026-01-02 04:00+00', '{"name": "done"}', 'd1', 3, 3, 1, null, '2026-01-02 00:00+00'),
  ('goes-on', 2, 'running', '2026-01-03 01:00+00', '{"name": "goes-on"}', 'g2', 3, 1, 2, 4, '2026-01-03 00:00+00'),
  ('stopped', 1, 'cancelled', '2026-01-02 02:00+00', '{"name": "stopped"}', 's1', 2, 3, 1, null, '2026-01-02 01:00+00'),
  ('waits', 1, 'paused', '2026-01-03 02:00+00', '{"name": "waits"}', 'w1', 1, 3, 1, null, '2026-01-03 01:30+00');
insert into sweep_revisions (sweep_id, revision, spec, spec_hash, cells, created_at) values
  (1, 1, '{"name": "done"}', 'd1', 3, '2026-01-02 00:00+00'),
  (2, 1, '{"name": "goes-on"}', 'g1', 2, '2026-01-03 00:00+00'),
  (2, 2, '{"name": "goes-on"}', 'g2', 3, '2026-01-03 00:30+00'),
  (3, 1, '{"name": "stopped"}', 's1', 2, '2026-01-02 01:00+00'),
  (4, 1, '{"name": "waits"}', 'w1', 1, '2026-01-03 01:30+00');

insert into trials (trial_key, settings, system, task, latents, channel, capacity_floats_per_latent, seed, state, failure, message, closed_at, created_at) values
  ('t-h2-0', '{"system": "h2", "latents": 4}', 'h2', 'prosqa', 4, 'embedding', 32, 0, 'finished', null, null, '2026-01-02 03:00+00', '2026-01-02 00:00+00'),
  ('t-soft-0', '{"system": "soft_embeddings", "latents": 4}', 'soft_embeddings', 'prosqa', 4, null, 32, 0, 'finished', null, null, '2026-01-02 03:30+00', '2026-01-02 00:00+00'),
  ('t-liu-0', '{"system": "liu", "latents": 4}', 'liu', 'prosqa', 4, 'embedding', 32, 0, 'failed', 'nan_loss', 'NAN_LOSS: the loss of step 2 is NaN', '2026-01-02 02:30+00', '2026-01-02 00:00+00'),
  ('t-h1-0', '{"system": "h1", "latents": 2}', 'h1', 'prosqa', 2, 'kv', 128, 0, 'planned', null, null, null, '2026-01-03 00:00+00'),
  ('t-cot-0', '{"system": "cot"}', 'cot', 'prosqa', 0, null, null, 0, 'planned', null, null, null, '2026-01-03 00:00+00');
insert into sweep_trials (sweep_id, cell, trial_id, revision, point) values
  (1, 0, 1, 1, '{"system": "h2", "seed": 0}'), (1, 1, 2, 1, '{"system": "soft_embeddings", "seed": 0}'), (1, 2, 3, 1, '{"system": "liu", "seed": 0}'),
  (2, 0, 4, 1, '{"system": "h1", "seed": 0}'), (2, 1, 5, 1, '{"system": "cot", "seed": 0}'), (2, 2, 1, 2, '{"system": "h2", "seed": 0}'),
  (3, 0, 3, 1, '{"system": "liu", "seed": 0}'), (3, 1, 2, 1, '{"system": "soft_embeddings", "seed": 0}'),
  (4, 0, 5, 1, '{"system": "cot", "seed": 0}');

insert into phases (phase_key, kind, parent_key, config, total_steps, state, fence, owner_workflow_id, owner_run_id, attempt, failure, message, result, weights_sha256, closed_at, created_at) values
  ('p-base', 'base', null, '{"kind": "base"}', 4, 'finished', 2, null, null, 2, null, null, '{}', 'ba5e', '2026-01-02 00:40+00', '2026-01-02 00:00+00'),
  ('p-h2-0', 'finetune', 'p-base', '{"kind": "finetune"}', 3, 'finished', 1, null, null, 1, null, null, '{}', 'f020', '2026-01-02 02:00+00', '2026-01-02 00:00+00'),
  ('p-h2-0-eval', 'evaluate', 'p-h2-0', '{"kind": "evaluate"}', 2, 'finished', 1, null, null, 1, null, null, '{}', null, '2026-01-02 03:00+00', '2026-01-02 00:00+00'),
  ('p-soft-0', 'finetune', 'p-base', '{"kind": "finetune"}', 3, 'finished', 1, null, null, 1, null, null, '{}', 'f021', '2026-01-02 02:10+00', '2026-01-02 00:00+00'),
  ('p-soft-0-eval', 'evaluate', 'p-soft-0', '{"kind": "evaluate"}', 2, 'finished', 1, null, null, 1, null, null, '{}', null, '2026-01-02 03:30+00', '2026-01-02 00:00+00'),
  ('p-liu-0', 'finetune', 'p-base', '{"kind": "finetune"}', 3, 'failed', 2, null, null, 2, 'nan_loss', 'NAN_LOSS: the loss of step 2 is NaN', null, null, '2026-01-02 02:30+00', '2026-01-02 00:00+00'),
  ('p-liu-0-eval', 'evaluate', 'p-liu-0', '{"kind": "evaluate"}', 2, 'planned', 0, null, null, 0, null, null, null, null, null, '2026-01-02 00:00+00'),
  ('p-h1-0', 'finetune', 'p-base', '{"kind": "finetune"}', 3, 'running', 1, 'goes-on-cells-0', 'run-1', 1, null, null, null, null, null, '2026-01-03 00:00+00'),
  ('p-h1-0-eval', 'evaluate', 'p-h1-0', '{"kind": "evaluate"}', 2, 'planned', 0, null, null, 0, null, null, null, null, null, '2026-01-03 00:00+00'),
  ('p-cot-0', 'finetune', 'p-base', '{"kind": "finetune"}', 3, 'planned', 0, null, null, 0, null, null, null, null, null, '2026-01-03 00:00+00');
insert into trial_phases (trial_id, position, phase_id) values
  (1, 0, 1), (1, 1, 2), (1, 2, 3), (2, 0, 1), (2, 1, 4), (2, 2, 5), (3, 0, 1), (3, 1, 6), (3, 2, 7), (4, 0, 1), (4, 1, 8), (4, 2, 9), (5, 0, 1), (5, 1, 10);

insert into nodes (name, address, incarnation, slots, engine_version, memory_bytes, owner, owned_until, first_seen_at, registered_at) values
  ('node-a', '127.0.0.1:7001', 'first', 2, '1', 8000000000, 'replica-1', '2026-01-03 03:00+00', '2026-01-02 00:00+00', '2026-01-02 00:00+00'),
  ('node-b', '127.0.0.1:7002', 'second', 1, '1', 4000000000, null, null, '2026-01-02 00:05+00', '2026-01-02 00:05+00');
insert into node_events (node_id, event, details, at) values (1, 'registered', '{}', '2026-01-02 00:00+00'), (2, 'lost', '{"reason": "no heartbeat"}', '2026-01-02 00:20+00');

insert into attempts (phase_id, attempt, fence, state, node_id, slot, device, workflow_id, run_id, activity_id, resume_step, resume_attempt, step, last_seq, failure, code, message, details, opened_at, closed_at) values
  (1, 1, 1, 'failed', 2, 0, 'cpu', 'done-cells-0', 'run-1', 'a1', 0, null, 3, 2, 'node_lost', 'NODE_LOST', 'node node-b is lost', '{"node": "node-b"}', '2026-01-02 00:06+00', '2026-01-02 00:20+00'),
  (1, 2, 2, 'finished', 1, 0, 'cpu', 'done-cells-0', 'run-1', 'a2', 2, 1, 4, 1, null, null, null, null, '2026-01-02 00:21+00', '2026-01-02 00:40+00'),
  (2, 1, 1, 'finished', 1, 0, 'cpu', 'done-cells-0', 'run-1', 'a3', 0, null, 3, 1, null, null, null, null, '2026-01-02 00:41+00', '2026-01-02 02:00+00'),
  (3, 1, 1, 'finished', 1, 0, 'cpu', 'done-cells-0', 'run-1', 'a4', 0, null, 2, 1, null, null, null, null, '2026-01-02 02:01+00', '2026-01-02 03:00+00'),
  (4, 1, 1, 'finished', 1, 1, 'cpu', 'done-cells-0', 'run-1', 'a5', 0, null, 3, 1, null, null, null, null, '2026-01-02 00:42+00', '2026-01-02 02:10+00'),
  (5, 1, 1, 'finished', 1, 1, 'cpu', 'done-cells-0', 'run-1', 'a6', 0, null, 2, 1, null, null, null, null, '2026-01-02 02:11+00', '2026-01-02 03:30+00'),
  (6, 1, 1, 'stopped', 1, 0, 'cpu', 'stopped-cells-0', 'run-2', 'a7', 0, null, 1, 1, null, null, null, null, '2026-01-02 01:30+00', '2026-01-02 01:50+00'),
  (6, 2, 2, 'failed', 1, 0, 'cpu', 'done-cells-0', 'run-1', 'a8', 1, 1, 1, 0, 'nan_loss', 'NAN_LOSS', 'the loss of step 2 is NaN', '{"step": 2}', '2026-01-02 02:20+00', '2026-01-02 02:30+00'),
  (8, 1, 1, 'open', 1, 1, 'cpu', 'goes-on-cells-0', 'run-3', 'a9', 0, null, 1, 1, null, null, null, null, '2026-01-03 00:50+00', null);
insert into attempt_progress (phase_id, attempt, step, total_steps, loss_nats, tokens_per_second, at) values (8, 1, 2, 3, 1.5, 200, '2026-01-03 00:55+00');

insert into metric_names (name) values ('loss_nats'), ('learning_rate');
insert into metrics (phase_id, metric, step, value, attempt)
select p.phase_id, m.metric, s.step, case m.metric when 1 then 4 - s.step + p.phase_id / 10.0 else 0.001 end, a.attempt
from (values (1, 4, 2), (2, 3, 1), (4, 3, 1), (6, 1, 1), (8, 1, 1)) p (phase_id, steps, last_attempt)
cross join (values (1), (2)) m (metric)
cross join lateral generate_series(1, p.steps) s (step)
cross join lateral (select case when p.phase_id = 1 and s.step <= 2 then 1 else p.last_attempt end as attempt) a;
insert into metric_last (metric, phase_id, step, value)
select distinct on (metric, phase_id) metric, phase_id, step, value from metrics order by metric, phase_id, step desc;
insert into metrics_superseded (phase_id, metric, step, value, attempt, superseded_by) values (1, 1, 3, 9, 1, 2), (1, 2, 3, 0.001, 1, 2);
insert into gpu_seconds (phase_id, attempt, seq, from_step, to_step, seconds, tokens, superseded_by, at) values
  (1, 1, 1, 0, 2, 20, 2000, null, '2026-01-02 00:10+00'), (1, 1, 2, 2, 3, 7, 1000, 2, '2026-01-02 00:15+00'),
  (1, 2, 1, 2, 4, 22, 2000, null, '2026-01-02 00:40+00'), (2, 1, 1, 0, 3, 30, 900, null, '2026-01-02 02:00+00'),
  (3, 1, 1, 0, 2, 5, 80, null, '2026-01-02 03:00+00'), (4, 1, 1, 0, 3, 31, 900, null, '2026-01-02 02:10+00'),
  (5, 1, 1, 0, 2, 6, 80, null, '2026-01-02 03:30+00'), (6, 1, 1, 0, 1, 11, 300, null, '2026-01-02 01:50+00'),
  (8, 1, 1, 0, 1, 12, 300, null, '2026-01-03 00:53+00');
insert into evaluations (phase_id, split, items, correct, accuracy, chance, at) values
  (3, 'test', 2, 2, 1, 0.5, '2026-01-02 03:00+00'), (5, 'test', 2, 1, 0.5, 0.5, '2026-01-02 03:30+00');
insert into evaluation_items (phase_id, item, step, attempt, prediction, gold, correct, tokens, seconds) values
  (3, 0, 1, 1, 'a zumpus', 'a zumpus', true, 3, 0.1), (3, 1, 2, 1, 'a lorpus', 'a lorpus', true, 3, 0.1),
  (5, 0, 1, 1, 'a zumpus', 'a zumpus', true, 3, 0.1), (5, 1, 2, 1, 'a yumpus', 'a lorpus', false, 3, 0.1);
insert into checkpoints (phase_id, attempt, step, uri, sha256, bytes, node_id, superseded_by, at) values
  (1, 1, 2, 'file:///artifacts/p-base/2', 'c2', 400, 2, null, '2026-01-02 00:10+00'), (1, 2, 4, 'file:///artifacts/p-base/4', 'c4', 400, 1, null, '2026-01-02 00:40+00'),
  (2, 1, 3, 'file:///artifacts/p-h2-0/3', 'f3', 800, 1, null, '2026-01-02 02:00+00'), (4, 1, 3, 'file:///artifacts/p-soft-0/3', 'f4', 800, 1, null, '2026-01-02 02:10+00');
