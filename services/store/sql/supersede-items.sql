with moved as (
  delete from evaluation_items where phase_id = $1::bigint and step > $2::integer
  returning *
)
insert into evaluation_items_superseded
  (phase_id, item, step, attempt, prediction, gold, correct, tokens, seconds, superseded_by)
select phase_id, item, step, attempt, prediction, gold, correct, tokens, seconds, $3::integer from moved
