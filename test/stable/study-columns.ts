// The columns of schema `study` in a database, one a line as `view.column type`, in their order.

import pg from 'pg';

const COLUMNS = `
select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) as line
from pg_attribute a
join pg_class c on c.oid = a.attrelid and c.relkind = any ('{v,m,r}')
join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'study'
where a.attnum > 0 and not a.attisdropped
order by c.relname, a.attnum`;

export async function studyColumns(url: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ line: string }>(COLUMNS);
    return rows.map(({ line }) => line);
  } finally {
    await client.end();
  }
}
