// The results of a sweep as a table and what is needed to read it: items, chance level, how much accuracies may scatter.

import { visibleLine } from '../../../workflows/domain/visible-text.ts';
import { grouped, wilsonInterval } from '../../report/index.ts';
import type { ResultRow } from '../queries/results.ts';
import { formatLoss, formatPercent } from '../render/quantities.ts';
import { type Cell, type Column, left, renderTable, right } from '../render/table.ts';

interface ResultColumn extends Column {
  readonly cell: (row: ResultRow) => Cell;
  /** Left out where it says nothing. */
  readonly needed: (rows: readonly ResultRow[]) => boolean;
}

const always = (): boolean => true;
const varies =
  (of: (row: ResultRow) => unknown) =>
  (rows: readonly ResultRow[]): boolean =>
    new Set(rows.map(of)).size > 1;

const COLUMNS: readonly ResultColumn[] = [
  { ...left('task'), cell: (row) => row.task, needed: varies((row) => row.task) },
  { ...left('system'), cell: (row) => row.system, needed: always },
  { ...left('channel'), cell: (row) => row.channel, needed: hasSeveralChannels },
  { ...right('latents'), cell: (row) => row.latents, needed: always },
  { ...right('seed'), cell: (row) => row.seed, needed: always },
  { ...left('state'), cell: (row) => row.state, needed: always },
  { ...right('accuracy'), cell: (row) => formatPercent(row.accuracy), needed: always },
  { ...right('chance'), cell: (row) => formatPercent(row.chance), needed: always },
  { ...right('items'), cell: (row) => row.items ?? '-', needed: always },
  { ...right('first loss'), cell: (row) => formatLoss(row.first_loss), needed: always },
  { ...right('final loss'), cell: (row) => formatLoss(row.final_loss), needed: always },
];

/** Task and channel only where they vary; accuracies in percent. */
export function resultsTable(rows: readonly ResultRow[]): string {
  const columns = COLUMNS.filter(({ needed }) => needed(rows));
  return renderTable(
    columns,
    rows.map((row) => columns.map(({ cell }) => cell(row))),
  );
}

/** How to read the table; empty without a single result. */
export function resultsLegend(rows: readonly ResultRow[]): readonly string[] {
  const evaluated = grouped(rows.filter(isEvaluated), (row) => `${row.task}/${row.split}/${row.items}`);
  return [
    ...evaluated.flatMap(accuracyLines),
    ...(rows.some(({ first_loss }) => first_loss !== null)
      ? ['Losses: training loss in nats per target token, means of the first and of the last 10 steps.']
      : []),
  ];
}

type EvaluatedRow = ResultRow & { readonly accuracy: number; readonly chance: number; readonly items: number };

function isEvaluated(row: ResultRow): row is EvaluatedRow {
  return row.accuracy !== null && row.chance !== null && row.items !== null;
}

/** Half of an accuracy's 95 % interval, in points: what chance alone moves. */
function scatterPoints({ accuracy, items }: EvaluatedRow): number {
  const { low, high } = wilsonInterval(accuracy * items, items);
  return (100 * (high - low)) / 2;
}

function accuracyLines(group: readonly [EvaluatedRow, ...EvaluatedRow[]]): readonly string[] {
  const [{ task, split, items, chance }] = group;
  const widest = Math.max(...group.map(scatterPoints));
  return [
    `Accuracy: exact match on ${items} items of ${visibleLine(`${task}'s ${split}`)} split; guessing would get ${formatPercent(chance)} (chance).`,
    `  With so many items an accuracy is known to about ± ${widest.toFixed(1)} points.`,
  ];
}

function hasSeveralChannels(rows: readonly ResultRow[]): boolean {
  return grouped(rows, ({ system }) => system).some(varies((row) => row.channel));
}
