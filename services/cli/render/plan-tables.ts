// The plan of a sweep as people and as programs read it. Pure.

import { visibleLine } from '../../../workflows/domain/visible-text.ts';
import {
  bytesInStore,
  type PhaseEstimate,
  type SweepEstimate,
  secondsOnSlots,
  type Throughput,
  type TrialEstimate,
} from '../../study/cost/index.ts';
import type { SweepSpec } from '../../study/plan/index.ts';
import { isObject, type JsonObject, PHASE_KINDS, type PhaseKind } from '../../study/settings/index.ts';
import { formatBytes, formatCount, formatSeconds } from './quantities.ts';
import { type Cell, left, renderTable, right, spare } from './table.ts';

/** A sweep and what it is estimated to take. */
export interface PlanView {
  readonly spec: SweepSpec;
  readonly estimate: SweepEstimate;
  readonly throughput: Throughput;
}

/** Digits of a key that tell trials apart on a screen. */
const KEY_DIGITS = 8;
/** Columns of their own, so not repeated among the axes. */
const OWN_COLUMNS = ['system', 'latents', 'channel'];

/** @param limit rows of the table of trials; @param width of the terminal */
export function planText(view: PlanView, limit: number, width: number | null = null): string {
  return [
    heading(view),
    trialTable(view.estimate.trials, limit, width),
    phaseTable(view.estimate.phases, width),
    costLine(view),
    diskLine(view),
  ].join('\n\n');
}

function heading({ spec, estimate }: PlanView): string {
  const { points, trials, phases } = estimate;
  const used = phases.reduce((sum, phase) => sum + phase.trials, 0);
  const same = points === trials.length ? '' : ` (of ${points} points of the grid; some mean the same trial)`;
  const title = visibleLine(spec.description === null ? spec.name : `${spec.name}: ${spec.description}`);
  return `${title}\n${trials.length} trials${same}, ${phases.length} phases for the ${used} that they need`;
}

function trialTable(trials: readonly TrialEstimate[], limit: number, width: number | null): string {
  const shown = trials.slice(0, limit);
  const axes = [...new Set(shown.flatMap(({ cell }) => Object.keys(cell.point)))].filter(
    (path) => !OWN_COLUMNS.includes(path),
  );
  const columns = [
    ...[left('trial'), left('system'), right('latents'), left('channel'), spare(right('floats per latent'))],
    ...axes.map((path) => spare(right(path))),
    ...[right('seed'), right('parameters'), spare(right('trained')), spare(right('FLOPs'))],
  ];
  const rows = shown.map(({ key, cell, parameters, flops }): Cell[] => [
    key.slice(0, KEY_DIGITS),
    cell.system,
    cell.latents,
    cell.channel,
    cell.capacityFloatsPerLatent,
    ...axes.map((path) => axisText(cell.point[path])),
    cell.seed,
    parameters === null ? null : formatCount(parameters.total),
    parameters === null ? null : formatCount(parameters.trained),
    flopsText(flops),
  ]);
  const hidden = trials.length - shown.length;
  return (
    renderTable(columns, rows, width) +
    (hidden > 0 ? `\n... and ${hidden} more (--limit ${trials.length} shows all)` : '')
  );
}

function axisText(value: unknown): string {
  if (value === undefined) return '';
  if (isObject(value) && typeof value['name'] === 'string') return namedText(value['name'], value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function phaseTable(phases: readonly PhaseEstimate[], width: number | null): string {
  const columns = [
    left('phase'),
    right('runs'),
    spare(right('for trials')),
    right('steps each'),
    spare(right('FLOPs each')),
    right('FLOPs'),
  ];
  const rows = PHASE_KINDS.map((kind) => [kind, phases.filter((phase) => phase.kind === kind)] as const)
    .filter(([, own]) => own.length > 0)
    .map(([kind, own]) => phaseRow(kind, own));
  return renderTable(columns, rows, width);
}

function phaseRow(kind: PhaseKind, own: readonly PhaseEstimate[]): readonly Cell[] {
  const steps = own.map((phase) => phase.steps);
  const flops = own.map((phase) => phase.flops);
  return [
    kind,
    own.length,
    own.reduce((sum, phase) => sum + phase.trials, 0),
    rangeText(steps, String),
    flops.includes(null) ? 'not known' : rangeText(flops.map(Number), flopsText),
    flopsText(sumOf(flops)),
  ];
}

function rangeText(values: readonly number[], text: (value: number) => string): string {
  const [least, most] = values.reduce(
    ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
    [Infinity, -Infinity],
  );
  return text(least) === text(most) ? text(least) : `${text(least)} - ${text(most)}`;
}

function costLine({ estimate, throughput }: PlanView): string {
  const seconds = secondsOnSlots(estimate, throughput);
  if (seconds === null) return 'The cost is not known before the run: the shape of the model or the tokenizer is not.';
  const total = flopsText(sumOf(estimate.phases.map((phase) => phase.flops)));
  const { slots, flopsPerSecond } = throughput;
  const slot = slots === 1 ? '1 slot' : `${slots} slots`;
  return `${total}FLOP in all, about ${formatSeconds(seconds)} on ${slot} that each sustain ${flopsText(flopsPerSecond)}FLOP/s (assumed; --slots and --gflops say otherwise)`;
}

function diskLine({ estimate, throughput }: PlanView): string {
  const bytes = bytesInStore(estimate, throughput.slots);
  if (bytes === null) return 'The disk that checkpoints need is not known before the run.';
  const { kept, most } = bytes;
  return `Checkpoints need about ${formatBytes(most)} in the artifact store while it runs and ${formatBytes(kept)} when all is done; each node caches up to worker.cacheBytes`;
}

/** As one JSON value, all trials. */
export function planJson({ spec, estimate, throughput }: PlanView): unknown {
  return {
    name: spec.name,
    cells: estimate.trials.length,
    points: estimate.points,
    trials: estimate.trials.map(({ key, cell, parameters, flops }) => ({
      key,
      cell: cell.trial.cell,
      seed: cell.seed,
      point: cell.point,
      system: cell.system,
      task: cell.task,
      latents: cell.latents,
      channel: cell.channel,
      capacityFloatsPerLatent: cell.capacityFloatsPerLatent,
      parameters: parameters?.total ?? null,
      trainedParameters: parameters?.trained ?? null,
      flops,
      phases: cell.trial.phases.map((phase) => phase.key),
      settings: cell.settings,
    })),
    phases: estimate.phases,
    estimate: {
      flops: sumOf(estimate.phases.map((phase) => phase.flops)),
      seconds: secondsOnSlots(estimate, throughput),
      slots: throughput.slots,
      artifactBytes: bytesInStore(estimate, throughput.slots),
      flopsPerSecondOfSlot: throughput.flopsPerSecond,
    },
  };
}

function sumOf(flops: readonly (number | null)[]): number | null {
  return flops.reduce<number | null>((sum, one) => (sum === null || one === null ? null : sum + one), 0);
}

const PREFIXES = [
  [1e18, 'E'],
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
] as const;

/** Three digits with a prefix: `1.23 T`. */
function flopsText(flops: number | null): string {
  if (flops === null) return 'not known';
  const [divisor, prefix] = PREFIXES.find(([size]) => flops >= 0.9995 * size) ?? [1, ''];
  return `${(flops / divisor).toPrecision(3)} ${prefix}`;
}

/** A task by its name and numbers: the files of a corpus or benchmark would fill the line. */
function namedText(name: string, task: JsonObject): string {
  const numbers = Object.entries(task).filter(([, value]) => typeof value === 'number' || typeof value === 'boolean');
  return [name, ...numbers.map(([key, value]) => `${key} ${String(value)}`)].join(' ');
}
