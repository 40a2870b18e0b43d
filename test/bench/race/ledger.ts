// The race's ledger: what really began and ended, by lines that belong to no system.

import { readFileSync } from 'node:fs';

export interface Ledger {
  /** Unix seconds of the first start; null before it. */
  readonly beganAtS: number | null;
  readonly lastDoneAtS: number | null;
  readonly starts: number;
  readonly doneLines: number;
  /** Executions that ended, by cell. */
  readonly doneByCell: ReadonlyMap<number, number>;
}

/** A line without its end is still being written. */
export function readLedger(path: string): Ledger {
  const text = readFileSync(path, { encoding: 'utf8', flag: 'a+' });
  const doneByCell = new Map<number, number>();
  let beganAtS: number | null = null;
  let lastDoneAtS: number | null = null;
  let starts = 0;
  for (const line of text.split('\n').slice(0, -1)) {
    const [kind, cell, at] = line.split(' ');
    const atS = Number(at);
    if (kind === 'start') {
      starts += 1;
      beganAtS = Math.min(beganAtS ?? atS, atS);
    } else {
      doneByCell.set(Number(cell), (doneByCell.get(Number(cell)) ?? 0) + 1);
      lastDoneAtS = Math.max(lastDoneAtS ?? atS, atS);
    }
  }
  const doneLines = [...doneByCell.values()].reduce((sum, one) => sum + one, 0);
  return { beganAtS, lastDoneAtS, starts, doneLines, doneByCell };
}
