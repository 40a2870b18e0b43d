// The views of schema study as Postgres knows them: names, columns, types and comments.

import { z } from 'zod';
import { type StudyQuery, sql } from '../../store/index.ts';

const viewRow = z.object({ view: z.string(), columns: z.number(), comment: z.string() });
/** A view with the number of its columns and what a row of it is. */
export type ViewRow = z.infer<typeof viewRow>;

export const viewsQuery: StudyQuery<ViewRow, readonly []> = {
  sql: () => sql`
select c.relname as view, c.relnatts::integer as columns, coalesce(obj_description(c.oid, 'pg_class'), '') as comment
from pg_class c
where c.relnamespace = 'study'::regnamespace and c.relkind = 'v'
order by 1`,
  row: viewRow,
};

const columnRow = z.object({ column: z.string(), type: z.string(), comment: z.string() });
/** A column of a view, with its type in Postgres and what it means. */
export type ColumnRow = z.infer<typeof columnRow>;

/** In the order of the view; none where there is no such view. */
export const columnsQuery: StudyQuery<ColumnRow, readonly [view: string]> = {
  sql: (view) => sql`
select a.attname as column, format_type(a.atttypid, a.atttypmod) as type, coalesce(col_description(a.attrelid, a.attnum), '') as comment
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = 'study'::regnamespace and c.relkind = 'v' and c.relname = ${view}
order by a.attnum`,
  row: columnRow,
};
