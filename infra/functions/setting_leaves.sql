-- Walks a document once; a list is a leaf, as in a sweep file's axes.
create or replace function setting_leaves(document jsonb) returns table (path text, value jsonb)
language sql immutable strict parallel safe as $$
  with recursive node (path, value) as (
    select key, e.value from jsonb_each(document) e
    union all
    select node.path || '.' || e.key, e.value
    from node cross join lateral jsonb_each(case when jsonb_typeof(node.value) = 'object' then node.value else '{}' end) e
  )
  select node.path, node.value from node where jsonb_typeof(node.value) <> 'object' or node.value = '{}'
$$;

comment on function setting_leaves(jsonb) is 'Settings of a document by dotted path: one row for each value that is no mapping.';
