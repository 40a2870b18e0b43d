-- Foreign keys of other people's tables onto ours that forbid to delete what they refer to. Names come quoted; `matches` compares u, theirs,
-- with o, ours. A table that this login may not read cannot be looked into.
select
  c.conrelid::regclass::text as table_name,
  quote_ident(c.conname) as constraint_name,
  referenced.relname as onto,
  has_table_privilege(c.conrelid, 'select') as readable,
  (
    select string_agg(format('u.%I = o.%I', theirs.attname, ours.attname), ' and ')
    from unnest(c.conkey, c.confkey) as pair (theirs, ours)
    join pg_attribute theirs on theirs.attrelid = c.conrelid and theirs.attnum = pair.theirs
    join pg_attribute ours on ours.attrelid = c.confrelid and ours.attnum = pair.ours
  ) as matches
from pg_constraint c
join pg_class referenced on referenced.oid = c.confrelid
where c.contype = 'f' and c.confdeltype in ('a', 'r')
  and c.confrelid in (select to_regclass(own) from unnest($1::text[]) own)
  and c.conrelid not in (select to_regclass(own) from unnest($1::text[]) own where to_regclass(own) is not null)
order by 1, 2
