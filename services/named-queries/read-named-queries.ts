// The named queries that the program ships with (infra/queries, one file each), and how one of them becomes a statement.

import { closest, distance } from 'fastest-levenshtein';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { readSqlFiles, sqlLiteral } from '../store/index.ts';
import { bindParameters } from './bind-parameters.ts';
import { type NamedQuery, PARAMETER_TYPES, parseNamedQuery, valueOf } from './named-query.ts';

const FOLDER = new URL('../../infra/queries/', import.meta.url);
/** A word so far from every name is no slip of the fingers. */
const MOST_SLIPS = 6;

/** In the order of their names. */
export async function readNamedQueries(): Promise<readonly NamedQuery[]> {
  const files = await readSqlFiles(FOLDER, /\.sql$/);
  return files.map(({ name, sql }) => parseNamedQuery(name.slice(0, -'.sql'.length), sql));
}

/** @throws LatentSweepError INPUT_INVALID with the nearest name */
export function findNamedQuery(queries: readonly NamedQuery[], name: string): NamedQuery {
  const found = queries.find((query) => query.name === name);
  if (found !== undefined) return found;
  const near = nearest(
    name,
    queries.map((query) => query.name),
  );
  throw new LatentSweepError(
    'INPUT_INVALID',
    `there is no named query ${JSON.stringify(name)}${near}; lsweep sql --list names them all`,
    { key: 'query' },
  );
}

/**
 * The statement with its values in place.
 * @param given texts by the parameter's name, as the person wrote them
 * @throws LatentSweepError INPUT_INVALID for a parameter that is missing, unknown or of another type
 */
export function namedStatement(query: NamedQuery, given: ReadonlyMap<string, string>): string {
  refuseUnknown(
    query.name,
    query.parameters.map(({ name }) => name),
    given,
  );
  const literals = query.parameters.map(({ name, type, defaultValue, description }) => {
    const text = given.get(name);
    const value = text === undefined ? defaultValue : valueOf({ name, type }, text);
    if (value === undefined)
      throw new LatentSweepError('INPUT_INVALID', `${query.name} needs ${flagOf(name)} (${type}): ${description}`, {
        key: name,
      });
    return [
      name,
      `${sqlLiteral(typeof value === 'boolean' ? String(value) : value)}::${PARAMETER_TYPES[type]}`,
    ] as const;
  });
  return bindParameters(query.sql, new Map(literals)).sql;
}

/**
 * A person's own statement with its `:name` in place; Postgres finds their types from where they stand.
 * @throws LatentSweepError INPUT_INVALID for a parameter that is missing or unknown
 */
export function ownStatement(sql: string, given: ReadonlyMap<string, string>): string {
  const literals = new Map([...given].map(([name, text]) => [name, sqlLiteral(text)] as const));
  const { sql: bound, missing, used } = bindParameters(sql, literals);
  refuseUnknown('the query', used, given);
  if (missing[0] !== undefined)
    throw new LatentSweepError(
      'INPUT_INVALID',
      `the query has :${missing[0]} and no value for it; give one with ${flagOf(missing[0])} VALUE`,
      { key: missing[0] },
    );
  return bound;
}

/** `--only-wrong` for `only_wrong`: the flag that gives the parameter. */
export function flagOf(parameter: string): string {
  return `--${parameter.replaceAll('_', '-')}`;
}

function refuseUnknown(what: string, names: readonly string[], given: ReadonlyMap<string, string>): void {
  const unknown = [...given.keys()].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const has = names.length === 0 ? 'it has none' : `it has ${names.map(flagOf).join(', ')}`;
  throw new LatentSweepError(
    'INPUT_INVALID',
    `${what} has no parameter ${flagOf(unknown)}${nearest(unknown, names)}; ${has}`,
    { key: unknown },
  );
}

function nearest(word: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const near = closest(word, names);
  return distance(word, near) <= Math.min(MOST_SLIPS, word.length) ? `; did you mean ${near}?` : '';
}
