-- A group of segments in one statement, which is one transaction and one round trip. $1 to $8: the segments, by their place in the group;
-- $9 to $12: metric rows; $13 to $16: the last row of each series; $17 to $23: items; $24 to $28: checkpoints; each names its segment.
-- Idempotency keys: spool sequence of the attempt; phase, metric, step; phase, item; phase, attempt, step.
with given as (
  select *
  from unnest($1::bigint[], $2::integer[], $3::bigint[], $4::integer[], $5::integer[], $6::double precision[], $7::bigint[],
    $8::double precision[])
    with ordinality as g(phase_id, attempt, seq, from_step, to_step, seconds, tokens, mfu, segment)
),
-- The fence: the row that opening a newer attempt closes. Locked in one order, so that groups never wait for each other in a circle;
-- a row that was waited for is read anew.
locked as materialized (
  select a.phase_id, a.attempt, a.state, a.last_seq, a.node_id
  from attempts a
  where (a.phase_id, a.attempt) in (select phase_id, attempt from given)
  order by a.phase_id, a.attempt
  for no key update of a
),
accepted as materialized (
  select g.*, l.node_id
  from given g
  join locked l on l.phase_id = g.phase_id and l.attempt = g.attempt
  where l.state = 'open' and g.seq > l.last_seq
),
new_metrics as (
  insert into metrics (phase_id, metric, step, value, attempt)
  select a.phase_id, m.metric, m.step, m.value, a.attempt
  from unnest($9::integer[], $10::integer[], $11::integer[], $12::double precision[]) as m(segment, metric, step, value)
  join accepted a on a.segment = m.segment
  on conflict (phase_id, metric, step) do nothing
),
new_last as (
  insert into metric_last (metric, phase_id, step, value)
  select distinct on (m.metric, a.phase_id) m.metric, a.phase_id, m.step, m.value
  from unnest($13::integer[], $14::integer[], $15::integer[], $16::double precision[]) as m(segment, metric, step, value)
  join accepted a on a.segment = m.segment
  order by m.metric, a.phase_id, m.step desc
  on conflict (metric, phase_id) do update set step = excluded.step, value = excluded.value
  where excluded.step > metric_last.step
),
new_items as (
  insert into evaluation_items (phase_id, item, step, attempt, prediction, gold, correct, tokens, seconds)
  select a.phase_id, i.item, a.to_step, a.attempt, i.prediction, i.gold, i.correct, i.tokens, i.seconds
  from unnest($17::integer[], $18::integer[], $19::text[], $20::text[], $21::boolean[], $22::integer[], $23::double precision[])
    as i(segment, item, prediction, gold, correct, tokens, seconds)
  join accepted a on a.segment = i.segment
  on conflict (phase_id, item) do nothing
),
new_checkpoints as (
  insert into checkpoints (phase_id, attempt, step, uri, sha256, bytes, node_id)
  select a.phase_id, a.attempt, c.step, c.uri, c.sha256, c.bytes, a.node_id
  from unnest($24::integer[], $25::integer[], $26::text[], $27::text[], $28::bigint[]) as c(segment, step, uri, sha256, bytes)
  join accepted a on a.segment = c.segment
  on conflict (phase_id, attempt, step) do nothing
),
new_gpu_seconds as (
  insert into gpu_seconds (phase_id, attempt, seq, from_step, to_step, seconds, tokens, mfu)
  select phase_id, attempt, seq, from_step, to_step, seconds, tokens, mfu from accepted
  on conflict (phase_id, attempt, seq) do nothing
),
advanced as (
  update attempts a
  set last_seq = w.seq, step = greatest(a.step, w.step)
  from (select phase_id, attempt, max(seq) as seq, max(to_step) as step from accepted group by phase_id, attempt) w
  where a.phase_id = w.phase_id and a.attempt = w.attempt
)
select
  case
    when l.state is null then 'unknown'
    when l.state <> 'open' then 'fenced'
    when g.seq <= l.last_seq then 'already_committed'
    else 'committed'
  end as outcome
from given g
left join locked l on l.phase_id = g.phase_id and l.attempt = g.attempt
order by g.segment
