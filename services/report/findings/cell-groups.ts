// The cells of a report: one per point of the grid and split, its seeds taken together.

import { stageCount } from '../../study/plan/index.ts';
import { grouped } from '../grouped.ts';
import { matchPublished, type PublishedMatch, publishedModelOf } from '../published/match-published.ts';
import type { CellRow } from '../queries/cells.ts';
import { bootstrapMean } from '../statistics/bootstrap.ts';
import type { Interval } from '../statistics/interval.ts';
import { wilsonInterval } from '../statistics/wilson-interval.ts';
import type { ResamplingOf } from './resampling-of.ts';
import { taskLabels } from './task-labels.ts';

/** A cell with its answers: one number per item, 1 = right. */
export interface AnsweredCell {
  readonly cell: number;
  readonly seed: number;
  readonly itemSet: string;
  readonly answers_I: Float64Array;
}

export interface CellGroup {
  /** For people: `countdown 3`. */
  readonly task: string;
  /** As the views name it. */
  readonly taskName: string;
  readonly split: string | null;
  readonly system: string;
  readonly latents: number;
  readonly channel: string | null;
  readonly capacityFloatsPerLatent: number | null;
  /** What else the sweep varies, as `path=value`; empty where nothing. */
  readonly rest: string;
  /** Cells planned, whatever became of them. */
  readonly cells: number;
  readonly finished: number;
  readonly answered: readonly AnsweredCell[];
  /** Mean over the seeds, 0 to 1; null without a result. */
  readonly accuracy: number | null;
  /** One model: Wilson. Several: bootstrap over seeds and items, or Wilson where all answers are alike. null: items are not recorded. */
  readonly interval: Interval | null;
  readonly items: number | null;
  readonly chance: number | null;
  /** Mean last training loss, nats per target. */
  readonly loss: number | null;
  readonly perplexity: number | null;
  readonly published: PublishedMatch | null;
  /** Optimizer step after which the curriculum's last stage begins; null without a curriculum. */
  readonly finalStageAfter: number | null;
}

export function cellGroups(rows: readonly CellRow[], resamplingOf: ResamplingOf): readonly CellGroup[] {
  const labels = taskLabels(rows.map((row) => row.task_settings));
  return grouped(rows, (row) => row.point_hash).flatMap((point) => {
    const splits = [...new Set(point.flatMap(({ split }) => (split === null ? [] : [split])))];
    return (splits.length === 0 ? [null] : splits).map((split) =>
      groupOf(point, { split, task: labels(point[0].task_settings), resamplingOf }),
    );
  });
}

interface About {
  readonly split: string | null;
  readonly task: string;
  readonly resamplingOf: ResamplingOf;
}

/** @param point all cells of one point of the grid */
function groupOf(point: readonly [CellRow, ...CellRow[]], { split, task, resamplingOf }: About): CellGroup {
  const [first] = point;
  const results = point.filter((row) => split !== null && row.split === split);
  const answered = results.flatMap(answeredCell);
  const { system, latents, channel, capacity_floats_per_latent: capacityFloatsPerLatent, curriculum } = first;
  return {
    ...{ task, taskName: first.task, split, system, latents, channel, capacityFloatsPerLatent },
    rest: restText(first.point),
    cells: new Set(point.map(({ cell }) => cell)).size,
    finished: new Set(point.filter(({ state }) => state === 'finished').map(({ cell }) => cell)).size,
    answered,
    accuracy: meanOf(results.map((row) => row.accuracy)),
    interval: intervalOf(results, answered, resamplingOf),
    items: results[0]?.items ?? null,
    chance: meanOf(results.map((row) => row.chance)),
    loss: meanOf(point.map((row) => row.final_loss)),
    perplexity: meanOf(point.map((row) => row.perplexity)),
    published: matchPublished({
      ...{ task, system, latents },
      model: publishedModelOf(first.model),
      hasCurriculum: curriculum !== null,
    }),
    finalStageAfter: finalStageAfter(first),
  };
}

function answeredCell({ cell, seed, item_set: itemSet, answers }: CellRow): readonly AnsweredCell[] {
  if (answers === null || itemSet === null) return [];
  return [{ cell, seed, itemSet, answers_I: Float64Array.from(answers, (bit) => (bit === '1' ? 1 : 0)) }];
}

function intervalOf(
  results: readonly CellRow[],
  answered: readonly AnsweredCell[],
  resamplingOf: ResamplingOf,
): Interval | null {
  const [only, another] = results;
  if (only === undefined) return null;
  if (another === undefined) {
    const { accuracy, items } = only;
    return accuracy === null || items === null || items === 0 ? null : wilsonInterval(accuracy * items, items);
  }
  const [first] = answered;
  const isWhole = answered.length === results.length && answered.every(({ itemSet }) => itemSet === first?.itemSet);
  if (first === undefined || !isWhole) return null;
  const items = first.answers_I.length;
  const { value, low, high } = bootstrapMean(
    answered.map(({ answers_I }) => answers_I),
    resamplingOf(items),
  );
  // resampling answers that are all alike cannot show that other questions might be answered otherwise
  return low === high ? wilsonInterval(value * items, items) : { low, high };
}

/** Better than guessing beyond doubt; what is not cannot be compared for reasoning. */
export function isAboveChance({ interval, chance }: CellGroup): boolean {
  return interval !== null && interval.low > (chance ?? 0);
}

/** A curriculum's last stage is as long as each of the others (services/study/plan/phase-steps.ts). */
function finalStageAfter({ curriculum, training_steps: steps }: CellRow): number | null {
  if (curriculum === null || steps === null) return null;
  const stages = stageCount(curriculum);
  return stages < 2 ? null : (steps / stages) * (stages - 1);
}

const OWN_COLUMN = /^(system|latents|seed|channel|task)(\.|$)/;

function restText(point: Readonly<Record<string, unknown>>): string {
  return Object.entries(point)
    .filter(([path]) => !OWN_COLUMN.test(path))
    .map(([path, value]) => `${path}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
