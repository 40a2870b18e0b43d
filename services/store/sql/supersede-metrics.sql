-- $2: step of the resume, $3: the new attempt. Nothing is silently deleted.
with moved as (
  delete from metrics where phase_id = $1::bigint and step > $2::integer
  returning phase_id, metric, step, value, attempt
)
insert into metrics_superseded (phase_id, metric, step, value, attempt, superseded_by)
select phase_id, metric, step, value, attempt, $3::integer from moved
