// Views and functions: one file each in infra/views and infra/functions, with its comments and triggers. Tables alone are migrated; these are
// brought to what their files say whenever the files differ from what the database had last. Views only ever gain columns at their end, so they
// are replaced in place, which keeps grants and the views of others that read them.

import type pg from 'pg';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { cannotReplace, dependentsOf } from './postgres-errors.ts';
import { readSqlFiles } from './sql-files.ts';

export interface Definition {
  /** As SQL names it: `study.cells`, `trial_outcome`. */
  readonly name: string;
  readonly kind: 'view' | 'function';
  readonly sql: string;
  readonly sha256: string;
}

const FOLDERS = {
  function: new URL('../../infra/functions/', import.meta.url),
  view: new URL('../../infra/views/', import.meta.url),
} as const;

export const DEFINITIONS_LEDGER = `
create table if not exists schema_definitions (
  name text primary key,
  kind text not null check (kind in ('view', 'function')),
  sha256 text not null,
  version text not null
);
comment on table schema_definitions is 'Views and functions as this database has them.';
comment on column schema_definitions.name is 'File in infra/views or infra/functions, without .sql.';
comment on column schema_definitions.kind is 'view or function.';
comment on column schema_definitions.sha256 is 'SHA-256 of its content.';
comment on column schema_definitions.version is 'Version of latent-sweep that wrote it.';
`;

/** In an order in which each comes after those that it names. @throws LatentSweepError INTERNAL where they name each other in a circle */
export async function readDefinitions(): Promise<readonly Definition[]> {
  const found: Definition[] = [];
  for (const kind of ['function', 'view'] as const)
    for (const { name, sql, sha256 } of await readSqlFiles(FOLDERS[kind], /\.sql$/))
      found.push({ name: name.slice(0, -'.sql'.length), kind, sql, sha256 });
  return inOrder(found);
}

function inOrder(definitions: readonly Definition[]): readonly Definition[] {
  const ordered: Definition[] = [];
  const visit = (one: Definition, path: readonly string[]): void => {
    if (ordered.includes(one)) return;
    if (path.includes(one.name))
      throw new LatentSweepError('INTERNAL', `definitions name each other: ${[...path, one.name].join(', ')}`);
    const text = one.sql.replace(/--.*$/gm, '').replace(/'(?:[^']|'')*'/g, '');
    for (const other of definitions)
      if (other !== one && new RegExp(`(?<![\\w.])${other.name.replace('.', '\\.')}(?![\\w.])`).test(text))
        visit(other, [...path, one.name]);
    ordered.push(one);
  };
  for (const one of definitions) visit(one, []);
  return ordered;
}

/**
 * Whether the database has others than these; those that a newer version wrote are left alone, so that replicas of two versions do not undo
 * each other's.
 */
export async function areDefinitionsStale(
  client: pg.Client,
  definitions: readonly Definition[],
  version: string,
): Promise<boolean> {
  const { rows } = await client.query<{ name: string; sha256: string; version: string }>(
    'select name, sha256, version from schema_definitions',
  );
  if (rows.some((row) => isNewer(row.version, version))) return false;
  const had = new Map(rows.map((row) => [row.name, row.sha256]));
  return had.size !== definitions.length || definitions.some((one) => had.get(one.name) !== one.sha256);
}

/** Of the numbers of two versions, `1.2.3`; what comes after them does not count. */
function isNewer(a: string, b: string): boolean {
  const numbers = (version: string): readonly number[] => version.split(/[.+-]/, 3).map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  const index = left.findIndex((number, i) => number !== right[i]);
  return index >= 0 && (left[index] ?? 0) > (right[index] ?? 0);
}

/**
 * Within the transaction of the caller.
 * @throws LatentSweepError VIEWS_REFERENCED where one must be made anew and somebody else's view reads it
 */
export async function writeDefinitions(
  client: pg.Client,
  definitions: readonly Definition[],
  version: string,
): Promise<void> {
  const { rows } = await client.query<Pick<Definition, 'name' | 'kind'>>('select name, kind from schema_definitions');
  const gone = rows.filter((row) => !definitions.some((one) => one.name === row.name));
  for (const one of gone) await drop(client, one);
  await client.query('savepoint definitions');
  try {
    for (const { sql } of definitions) await client.query(sql);
  } catch (error) {
    if (!cannotReplace(error)) throw error;
    await client.query('rollback to savepoint definitions');
    for (const one of [...definitions].reverse()) await drop(client, one);
    for (const { sql } of definitions) await client.query(sql);
  }
  await client.query('delete from schema_definitions');
  await client.query(
    'insert into schema_definitions (name, kind, sha256, version) select u.*, $4 from unnest($1::text[], $2::text[], $3::text[]) u',
    [
      definitions.map(({ name }) => name),
      definitions.map(({ kind }) => kind),
      definitions.map(({ sha256 }) => sha256),
      version,
    ],
  );
}

async function drop(client: pg.Client, { name, kind }: Pick<Definition, 'name' | 'kind'>): Promise<void> {
  try {
    if (kind === 'function') await client.query(DROP_TRIGGERS.replace('$1', client.escapeLiteral(name)));
    await client.query(`drop ${kind} if exists ${name}`);
  } catch (error) {
    const dependents = dependentsOf(error);
    if (dependents === null) throw error;
    throw new LatentSweepError(
      'VIEWS_REFERENCED',
      `${name} must be made anew, and others depend on it: ${dependents}`,
      { name },
      error,
    );
  }
}

const DROP_TRIGGERS = `
  do $$
  declare one record;
  begin
    for one in select tgname, tgrelid::regclass as relation from pg_trigger where tgfoid = to_regproc($1) and not tgisinternal loop
      execute format('drop trigger %I on %s', one.tgname, one.relation);
    end loop;
  end $$
`;
