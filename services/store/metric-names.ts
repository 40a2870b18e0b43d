// Ids of metric names, kept in memory. New names are committed by themselves before the segment that brings them, so that no id here
// can be rolled back. How many an attempt may bring is checked before they come here (orchestrator/fleet/attempt-record.ts).

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';

const metricIds = statement('metric-ids');
const lockMetricNames = statement('lock-metric-names');
const addMetricNames = statement('add-metric-names');

/** Ids of metric names, one cache per process; ids never change and are never reused. */
export class MetricNames {
  readonly #db: Database;
  readonly #ids = new Map<string, number>();

  constructor(db: Database) {
    this.#db = db;
  }

  async idsOf(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const missing = [...new Set(names)].filter((name) => !this.#ids.has(name));
    if (missing.length === 0) return this.#ids;
    await this.#read(missing);
    const fresh = missing.filter((name) => !this.#ids.has(name));
    if (fresh.length > 0) {
      await this.#db.transaction(async (tx) => {
        await tx.query(lockMetricNames, []);
        await tx.query(addMetricNames, [fresh]);
      });
      await this.#read(fresh);
    }
    const unknown = missing.find((name) => !this.#ids.has(name));
    if (unknown !== undefined) throw new LatentSweepError('INTERNAL', `metric ${unknown} was not stored`, { unknown });
    return this.#ids;
  }

  async #read(names: readonly string[]): Promise<void> {
    const rows = await this.#db.query<{ readonly metric: number; readonly name: string }>(metricIds, [names]);
    for (const { metric, name } of rows) this.#ids.set(name, metric);
  }
}
