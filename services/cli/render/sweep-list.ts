// Sweeps as a table. Pure.

import { closedCells } from '../follow/progress.ts';
import { countsOf } from '../follow/read-progress.ts';
import type { SweepCountsRow } from '../queries/sweeps.ts';
import { formatSeconds } from './quantities.ts';
import { left, renderTable, right, spare } from './table.ts';

const COLUMNS = [
  left('sweep'),
  left('state'),
  right('cells'),
  spare(right('closed')),
  right('finished'),
  right('failed'),
  right('running'),
  spare(right('waiting')),
  spare(right('planned')),
  spare(right('priority')),
  spare(right('width')),
  right('started'),
];

/** One row per sweep, or how to start the first. @param nowMs epoch ms; @param width of the terminal */
export function sweepListText(rows: readonly SweepCountsRow[], nowMs: number, width: number | null = null): string {
  if (rows.length === 0)
    return 'no sweeps yet; begin with one: lsweep init my-sweep.yaml, then lsweep run my-sweep.yaml';
  return renderTable(
    COLUMNS,
    rows.map((row) => [
      row.sweep,
      row.state === 'finished' && row.failed > 0 && row.failed === row.cells ? 'all failed' : row.state,
      row.cells,
      closedCells(countsOf(row)),
      row.finished,
      row.failed,
      row.running,
      row.waiting,
      row.planned,
      row.priority,
      row.width ?? '-',
      `${formatSeconds((nowMs - row.created_at.getTime()) / 1_000)} ago`,
    ]),
    width,
  );
}
