-- Under the lock of the table, so that no id is taken and then given back.
insert into metric_names (name)
select name from unnest($1::text[]) as w(name)
where not exists (select from metric_names had where had.name = w.name)
order by name
