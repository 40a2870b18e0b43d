// Ids of metric names, kept in memory. New names are committed by themselves before the segment that brings them, so that no id here
// can be rolled back.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';

const metricIds = statement('metric-ids');
const addMetricNames = statement('add-metric-names');

export class MetricNames {
  readonly #db: Database;
  readonly #ids = new Map<string, number>();

  constructor(db: Database) {
    this.#db = db;
  }

  async idsOf(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const missing = [...new Set(names)].filter((name) => !this.#ids.has(name));
    if (missing.length === 0) return this.#ids;
    await this.#db.query(addMetricNames, [missing]);
    const rows = await this.#db.query<{ readonly metric: number; readonly name: string }>(metricIds, [missing]);
    for (const { metric, name } of rows) this.#ids.set(name, metric);
    const unknown = missing.find((name) => !this.#ids.has(name));
    if (unknown !== undefined) throw new LatentSweepError('INTERNAL', `metric ${unknown} was not stored`, { unknown });
    return this.#ids;
  }
}
