// Compares what a sweep recorded with what an undisturbed run records: every cell, every row, every weight hash; and that nothing ran twice to its
// end or is still held.

import type { ChaosStack } from './chaos-stack.ts';
import { type UndisturbedPhase, undisturbedRows, undisturbedWeights } from './undisturbed.ts';

export interface Comparison {
  readonly cells: number;
  readonly finishedCells: number;
  readonly rowsExpected: number;
  readonly rowsEqual: number;
  readonly rowsDifferent: number;
  readonly rowsMissing: number;
  /** Rows that no undisturbed run has. */
  readonly rowsExtra: number;
  readonly weightsDifferent: number;
  /** Phases with more than one finished attempt. */
  readonly finishedTwice: number;
  /** Attempts that are still open. */
  readonly open: number;
}

const PHASES_AT_A_TIME = 50;

export async function compareWithUndisturbed(
  stack: ChaosStack,
  sweep: string,
  phases: readonly UndisturbedPhase[],
): Promise<Comparison> {
  const [cells] = await stack.query<{ cells: number; finished: number }>(
    `select count(*)::int as cells, count(*) filter (where state = 'finished')::int as finished
     from study.cells where sweep = $1`,
    [sweep],
  );
  const recorded = await stack.query<{ phase_key: string; weights_sha256: string | null }>(
    'select phase_key, weights_sha256 from study.phases where sweep = $1',
    [sweep],
  );
  const [attempts] = await stack.query<{ twice: number; open: number }>(
    `select count(*) filter (where finished > 1)::int as twice, coalesce(sum(open), 0)::int as open from (
       select count(*) filter (where state = 'finished') as finished, count(*) filter (where state = 'open') as open
       from attempts group by phase_id) by_phase`,
  );
  const weights = new Map(recorded.map((row) => [row.phase_key, row.weights_sha256]));
  let rowsExpected = 0;
  let rowsEqual = 0;
  let rowsDifferent = 0;
  let rowsFound = 0;
  for (let from = 0; from < phases.length; from += PHASES_AT_A_TIME) {
    const group = phases.slice(from, from + PHASES_AT_A_TIME);
    const expected = new Map(group.map((phase) => [phase.phaseKey, undisturbedRows(phase)]));
    for (const rows of expected.values()) rowsExpected += rows.size;
    const found = await stack.query<{ phase_key: string; metric: string; step: number; value: number }>(
      'select phase_key, metric, step, value from study.curves where sweep = $1 and phase_key = any($2)',
      [sweep, group.map((phase) => phase.phaseKey)],
    );
    rowsFound += found.length;
    for (const { phase_key, metric, step, value } of found) {
      const known = expected.get(phase_key)?.get(`${metric}@${step}`);
      if (known === value) rowsEqual += 1;
      else if (known !== undefined) rowsDifferent += 1;
    }
  }
  return {
    cells: cells?.cells ?? 0,
    finishedCells: cells?.finished ?? 0,
    rowsExpected,
    rowsEqual,
    rowsDifferent,
    rowsMissing: rowsExpected - rowsEqual - rowsDifferent,
    rowsExtra: rowsFound - rowsEqual - rowsDifferent,
    weightsDifferent: phases.filter((phase) => weights.get(phase.phaseKey) !== undisturbedWeights(phase)).length,
    finishedTwice: attempts?.twice ?? 0,
    open: attempts?.open ?? 0,
  };
}
