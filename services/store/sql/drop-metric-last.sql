-- $2: step of the resume.
delete from metric_last l using metric_names n
where l.metric = n.metric and l.phase_id = $1::bigint and l.step > $2::integer
returning l.metric
