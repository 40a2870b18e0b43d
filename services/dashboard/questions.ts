// Named queries asked for a page: the rows as records, with the statement that gave them. A page shows numbers of these and no others.

import { findNamedQuery, type NamedQuery, namedStatement } from '../named-queries/index.ts';
import type { Reader } from '../store/index.ts';
import { givenOf, type Parameters } from './links.ts';

export interface Answer {
  readonly query: NamedQuery;
  readonly parameters: Parameters;
  readonly sql: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

export type Row = Readonly<Record<string, unknown>>;

/** Asks the named queries of infra/queries. */
export class Questions {
  readonly #reader: Reader;
  readonly #queries: readonly NamedQuery[];

  constructor(reader: Reader, queries: readonly NamedQuery[]) {
    this.#reader = reader;
    this.#queries = queries;
  }

  get all(): readonly NamedQuery[] {
    return this.#queries;
  }

  /** @throws LatentSweepError INPUT_INVALID with the nearest name */
  find(name: string): NamedQuery {
    return findNamedQuery(this.#queries, name);
  }

  /** @throws LatentSweepError INPUT_INVALID for an unknown query or a parameter that is missing, unknown or of another type */
  statement(name: string, parameters: Parameters): { readonly query: NamedQuery; readonly sql: string } {
    const query = this.find(name);
    return { query, sql: namedStatement(query, new Map(givenOf(parameters))) };
  }

  /** @throws LatentSweepError as `statement`, SQL_FAILED, STORE_UNREACHABLE, CONFIG_INVALID */
  async ask(name: string, parameters: Parameters): Promise<Answer> {
    const { query, sql } = this.statement(name, parameters);
    const { columns, rows } = await this.#reader.query(sql);
    return { query, parameters, sql, columns, rows };
  }

  /** Whether Postgres answers. @throws LatentSweepError STORE_UNREACHABLE, CONFIG_INVALID */
  async check(): Promise<void> {
    await this.#reader.query('select 1');
  }

  /** Rows in batches. @throws LatentSweepError as `ask` */
  batches(sql: string, most: number): ReturnType<Reader['batches']> {
    return this.#reader.batches(sql, most);
  }
}

export function records({ columns, rows }: Answer): readonly Row[] {
  return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null])));
}

export function textOf(row: Row | undefined, column: string): string {
  const value = row?.[column];
  return typeof value === 'string' ? value : '';
}

/** null where there is none. */
export function numberOf(row: Row | undefined, column: string): number | null {
  const value = row?.[column];
  return typeof value === 'number' ? value : null;
}
