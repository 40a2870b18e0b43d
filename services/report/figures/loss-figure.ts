// The loss curves as a figure of a report: the command line's chart with the curricula's last stages marked.

import type { CellGroup } from '../findings/cell-groups.ts';
import type { LossCurveRow } from '../queries/loss-curves.ts';
import type { Figure } from './figure.ts';
import { curveChartSpec } from './loss-curves.ts';

/** @returns null while no loss is recorded */
export function lossFigure(
  sweep: string,
  rows: readonly LossCurveRow[],
  groups: readonly CellGroup[],
  sql: string,
): Figure | null {
  if (rows.length === 0) return null;
  const finalStages = groups.flatMap(({ taskName, latents, finalStageAfter }) =>
    finalStageAfter === null ? [] : [{ task: taskName, latents, afterStep: finalStageAfter }],
  );
  return {
    name: 'loss-curves',
    title: 'Training loss',
    caption: 'Loss of the trials’ own training, nats per target token; the shared Base is not part of it.',
    spec: curveChartSpec({ sweep, rows, finalStages }),
    rows: rows.map((row) => ({ ...row })),
    sql,
  };
}
