// What `lsweep sql` runs: a named query with its parameters, or a statement of the person's own from the command line, a file or standard input.

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { findNamedQuery, namedStatement, ownStatement, readNamedQueries } from '../../named-queries/index.ts';

/** As the person gave it; of `query` and `file` at most one. */
export interface StatementSource {
  /** A name, a statement, or `-` for standard input. */
  readonly query: string | undefined;
  readonly file: string | undefined;
  readonly given: ReadonlyMap<string, string>;
  /** --limit; a parameter of the queries that have one of this name. */
  readonly limit: number | undefined;
}

/** Values are in place. */
export interface Statement {
  readonly sql: string;
  /** Rows at most that the person asked for; undefined = all of the statement. */
  readonly limit: number | undefined;
}

/** A statement has a space, a name has none. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

/** @throws LatentSweepError INPUT_INVALID, and what reading the file throws */
export async function statementOf({ query, file, given, limit }: StatementSource): Promise<Statement> {
  if (file === undefined && query !== undefined && NAME.test(query.trim())) {
    const named = findNamedQuery(await readNamedQueries(), query.trim());
    const takesLimit = limit !== undefined && named.parameters.some(({ name }) => name === 'limit');
    const values = takesLimit ? new Map([...given, ['limit', String(limit)]]) : given;
    return { sql: namedStatement(named, values), limit: takesLimit ? undefined : limit };
  }
  const own =
    file !== undefined
      ? await readFile(file, 'utf8')
      : query === undefined || query === '-'
        ? await text(process.stdin)
        : query;
  // a byte order mark is no part of a statement, nor is the semicolon that ends it
  const sql = own.replace(/^\uFEFF/, '').replace(/;\s*$/, '');
  if (sql.trim() === '') throw new LatentSweepError('INPUT_INVALID', 'the query is empty', { key: 'query' });
  return { sql: ownStatement(sql, given), limit };
}
