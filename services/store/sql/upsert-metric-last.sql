insert into metric_last (metric, phase_id, step, value)
select * from unnest($1::smallint[], $2::bigint[], $3::integer[], $4::double precision[])
on conflict (metric, phase_id) do update set step = excluded.step, value = excluded.value
where excluded.step > metric_last.step
