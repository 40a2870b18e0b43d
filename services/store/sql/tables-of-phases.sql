-- Every table whose rows belong to a phase, later migrations' included; their foreign keys lead to phases only.
select c.table_name as name
from information_schema.columns c
join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
where c.table_schema = 'public' and c.column_name = 'phase_id' and t.table_type = 'BASE TABLE'
  and c.table_name not in ('phases', 'trial_phases')
order by c.table_name
