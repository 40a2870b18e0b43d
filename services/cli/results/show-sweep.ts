// One sweep: how far it is, its results through SQL, its latest failures, and the chart when asked for.

import { readRows, type StudyReader } from '../../store/index.ts';
import { countsOf, readSweep } from '../follow/read-progress.ts';
import { type AccuracyRow, accuracyQuery } from '../queries/accuracy.ts';
import { type FailureRow, failuresQuery } from '../queries/failures.ts';
import { type PhaseProgressRow, phaseProgressQuery } from '../queries/phase-progress.ts';
import { countsText } from '../render/progress-lines.ts';
import { formatLoss, formatPercent } from '../render/quantities.ts';
import { left, renderTable, right } from '../render/table.ts';
import { chartText, readResults, writeChart } from './present-results.ts';
import type { Shown } from './shown.ts';

/** A longer list of cells helps nobody; beyond it the seeds are taken together. */
const MOST_CELLS = 200;

/** What `lsweep show` answers. @throws LatentSweepError NOT_FOUND, STORE_UNREACHABLE */
export async function showSweep(
  reader: StudyReader,
  sweep: string,
  options: { readonly stateDir: string; readonly chart: boolean },
): Promise<Shown> {
  const row = await readSweep(reader, sweep);
  const results = await readSweepResults(reader, sweep, row.cells);
  const phases = await readRows(reader, phaseProgressQuery, [sweep]);
  const failures = await readRows(reader, failuresQuery, [sweep, null]);
  const chart = options.chart ? await writeChart(reader, sweep, options.stateDir) : null;
  const { revision, priority, weight, width, state, cells } = row;
  const counts = countsOf(row);
  const parts = [
    countsText({ sweep, state, cells, counts, phases: [], failures: [] }),
    ...(phases.length === 0 ? [] : [phasesText(phases)]),
    `revision ${revision}, priority ${priority}, weight ${weight}, width ${width ?? 'as many as there are slots'}`,
    '',
    results.text,
    ...(failures.length === 0 ? [] : ['', failuresText(failures)]),
    ...(options.chart ? ['', chartText(chart)] : []),
  ];
  return {
    value: { ...row, phases, sql: results.sql, results: results.rows, failures, ...(options.chart ? { chart } : {}) },
    text: parts.join('\n'),
  };
}

/** Every cell of a small sweep, of a larger one the points of its grid. @param cells of the sweep */
export function readSweepResults(reader: StudyReader, sweep: string, cells: number) {
  return cells <= MOST_CELLS ? readResults(reader, sweep) : readAccuracies(reader, sweep);
}

/** `phases: base 1/1, finetune 12/40 (4 running, 1 failed), evaluate 8/40` */
export function phasesText(rows: readonly PhaseProgressRow[]): string {
  const kinds = rows.map(({ kind, phases, finished, running, failed, skipped }) => {
    const now = [
      ...(running > 0 ? [`${running} running`] : []),
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(skipped > 0 ? [`${skipped} not run`] : []),
    ];
    return `${kind} ${finished}/${phases}${now.length > 0 ? ` (${now.join(', ')})` : ''}`;
  });
  return `phases: ${kinds.join(', ')}`;
}

/** A table of failed attempts, at most four cells named in each row. */
export function failuresText(failures: readonly FailureRow[]): string {
  const table = renderTable(
    [
      left('failed attempt'),
      left('cells'),
      left('failure'),
      left('code'),
      right('step'),
      left('phase now'),
      left('why'),
    ],
    failures.map(({ kind, attempt, cells, failure, code, step, phase_state, message }) => [
      `${kind}, attempt ${attempt}`,
      cells.length > 4 ? `${cells.slice(0, 3).join(', ')} and ${cells.length - 3} more` : cells.join(', '),
      failure,
      code,
      step,
      phase_state,
      message,
    ]),
  );
  return `Latest failures (study.failures):\n${table}`;
}

async function readAccuracies(reader: StudyReader, sweep: string) {
  const rows = await readRows(reader, accuracyQuery, [sweep]);
  const sql = accuracyQuery.sql(sweep);
  return { rows, sql, text: `${sql.replaceAll(/^/gm, '  ')}\n\n${accuraciesTable(rows)}` };
}

function accuraciesTable(rows: readonly AccuracyRow[]): string {
  return renderTable(
    [
      ...[left('task'), left('system'), right('latents'), left('point'), right('seeds')],
      ...[right('accuracy'), right('sd'), right('chance'), right('items'), right('final loss')],
    ],
    rows.map((row) => [
      row.task,
      row.system,
      row.latents,
      pointText(row.point),
      row.seeds,
      formatPercent(row.accuracy),
      formatPercent(row.accuracy_sd),
      formatPercent(row.chance),
      row.items,
      formatLoss(row.final_loss),
    ]),
  );
}

/** `train.lr=0.001 query=marker` */
export function pointText(point: Readonly<Record<string, unknown>>): string {
  return Object.entries(point)
    .map(([path, value]) => `${path}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}
