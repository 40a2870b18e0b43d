// Tables of other people may refer to ours by foreign key, and then forbid that a sweep's rows are deleted. This is asked before the first
// row goes, so that nothing is half deleted. Keys that say `on delete cascade` or `set null` are their owner's decision and no obstacle.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { Database } from './database.ts';
import { type Belonging, OWN_TABLES } from './own-tables.ts';
import { foreignKeyOf } from './postgres-errors.ts';
import { statement } from './statement.ts';

const foreignReferences = statement('foreign-references');

interface Reference {
  readonly table_name: string;
  readonly constraint_name: string;
  readonly onto: string;
  readonly readable: boolean;
  readonly matches: string;
}

/** Which rows of one of our tables, `o`, go with the sweep $1; the names are those of rows-of-sweep.sql. */
const GOES = {
  sweep: 'o.sweep_id = $1::integer',
  trial: 'o.trial_id in (select trial_id from own)',
  phase: 'o.phase_id in (select phase_id from own_phases)',
  nothing: 'false',
} as const satisfies Record<Belonging, string>;

/**
 * @param rowsOfSweep text of rows-of-sweep.sql
 * @throws LatentSweepError ROWS_REFERENCED with table and constraint
 */
export async function refuseForeignReferences(db: Database, rowsOfSweep: string, sweepId: number): Promise<void> {
  const belongings = new Map<string, Belonging>(Object.entries(OWN_TABLES));
  for (const reference of await db.query<Reference>(foreignReferences, [[...belongings.keys()]])) {
    const { table_name: table, constraint_name: constraint, onto, readable, matches } = reference;
    const belonging = belongings.get(onto) ?? 'nothing';
    if (belonging === 'nothing') continue;
    if (!readable) throw referenced(table, constraint, 'and cannot be read with postgres.url, to see to which rows');
    const [found] = await db.query<{ readonly refers: boolean }>(
      {
        // of no name: asked once
        name: '',
        text: `${rowsOfSweep} select exists (select from ${table} u join ${onto} o on ${matches} where ${GOES[belonging]}) as refers`,
      },
      [sweepId],
    );
    if (found?.refers === true) throw referenced(table, constraint, 'and nothing of the sweep is deleted');
  }
}

/** For rows that came after the question. @throws LatentSweepError ROWS_REFERENCED instead of Postgres's own error */
export async function explainReference<T>(deleting: Promise<T>): Promise<T> {
  try {
    return await deleting;
  } catch (error) {
    const key = foreignKeyOf(error);
    if (key === null) throw error;
    throw referenced(
      key.table,
      key.constraint,
      'since the deletion began; the same command goes on where it ended',
      error,
    );
  }
}

function referenced(table: string, constraint: string, state: string, cause?: unknown): LatentSweepError {
  const sentence = `table ${table} refers to rows of the sweep by constraint ${constraint}, ${state}`;
  return new LatentSweepError('ROWS_REFERENCED', sentence, { table, constraint }, cause);
}
