// A sweep's progress as lines: one of the sweep, one per running phase. The same facts as one plain line each for pipes. Pure.

import { visibleLine } from '../../../workflows/domain/visible-text.ts';
import { closedCells, phaseLabel, type RunningPhase, type SweepProgress } from '../follow/progress.ts';
import { renderBar } from './bar.ts';
import { formatCount, formatLoss, formatSeconds } from './quantities.ts';
import { type Piece, piece, type StyledLine } from './styled-line.ts';

/** What is known at one moment, times in seconds. */
export interface ProgressView {
  readonly progress: SweepProgress;
  /** By phase key; absent or null = not known yet. */
  readonly secondsLeft: ReadonlyMap<string, number | null>;
  readonly elapsedSeconds: number;
  /** Why the numbers may be old; null while everything answers. */
  readonly trouble: string | null;
}

const BAR = 20;
/** Phases that get a bar of their own; a fleet may run hundreds. */
const MOST_BARS = 16;

/** The sweep's line, at most 16 phases, how many more there are, and the trouble; not cut to any width. */
export function progressLines(view: ProgressView): readonly StyledLine[] {
  const { progress } = view;
  const shown = progress.phases.slice(0, MOST_BARS);
  const width = Math.max(0, ...shown.map((phase) => phaseLabel(phase).length));
  const hidden = progress.phases.length - shown.length;
  return [
    sweepLine(view),
    ...shown.map((phase) => phaseLine(phase, width, view.secondsLeft.get(phase.phaseKey) ?? null)),
    ...(hidden > 0 ? [[piece(`  and ${hidden} more running`, 'dim')]] : []),
    ...(view.trouble === null ? [] : [[piece(`! ${view.trouble}`, 'yellow')]]),
  ];
}

/** `quickstart: 3 finished, 0 failed, 2 running, 3 planned of 8` */
export function countsText({ sweep, cells, counts, state }: SweepProgress): string {
  const parts = [
    `${counts.finished} finished`,
    `${counts.failed} failed`,
    `${counts.running} running`,
    ...(counts.waiting > 0 ? [`${counts.waiting} waiting`] : []),
    ...(counts.paused > 0 ? [`${counts.paused} paused`] : []),
    ...(counts.cancelled > 0 ? [`${counts.cancelled} cancelled`] : []),
    ...(counts.stoppedEarly > 0 ? [`${counts.stoppedEarly} stopped early`] : []),
    `${counts.planned} planned`,
  ];
  const note = state === 'planning' || state === 'paused' ? ` (${state})` : '';
  return `${visibleLine(sweep)}${note}: ${parts.join(', ')} of ${cells} cells`;
}

/** `finetune h2 latents 4 seed 0: step 40/200, loss 1.234, 12.3k tokens/s, 1 min 05 s left` */
export function phaseText(phase: RunningPhase, secondsLeft: number | null): string {
  const { step, totalSteps, lossNats, tokensPerSecond } = phase;
  const facts = [
    `step ${step}/${totalSteps}`,
    ...(lossNats === null ? [] : [`loss ${formatLoss(lossNats)}`]),
    ...(tokensPerSecond === null ? [] : [`${formatCount(tokensPerSecond)} tokens/s`]),
    ...(secondsLeft === null ? [] : [`${formatSeconds(secondsLeft)} left`]),
  ];
  return `${visibleLine(phaseLabel(phase))}: ${facts.join(', ')}`;
}

function sweepLine({ progress, elapsedSeconds }: ProgressView): StyledLine {
  const { counts, cells, sweep, state } = progress;
  const closed = closedCells(counts);
  const optional: readonly (readonly [number, string])[] = [
    [counts.waiting, 'waiting'],
    [counts.paused, 'paused'],
    [counts.cancelled, 'cancelled'],
    [counts.stoppedEarly, 'stopped early'],
  ];
  return [
    piece(sweep, 'bold'),
    piece(state === 'running' ? ' ' : ` ${state} `, 'yellow'),
    piece(renderBar(cells === 0 ? 0 : closed / cells, BAR), 'green'),
    piece(` ${closed}/${cells} cells  `),
    piece(`${counts.finished} finished`, counts.finished > 0 ? 'green' : 'plain'),
    piece('  '),
    piece(`${counts.failed} failed`, counts.failed > 0 ? 'red' : 'plain'),
    piece(`  ${counts.running} running`),
    ...optional.filter(([count]) => count > 0).map(([count, word]): Piece => piece(`  ${count} ${word}`)),
    piece(`  ${counts.planned} planned`),
    piece(`  ${formatSeconds(elapsedSeconds)}`, 'dim'),
  ];
}

function phaseLine(phase: RunningPhase, labelWidth: number, secondsLeft: number | null): StyledLine {
  const { step, totalSteps, lossNats, tokensPerSecond } = phase;
  const total = String(totalSteps);
  return [
    piece(`  ${phaseLabel(phase).padEnd(labelWidth)}  `),
    piece(renderBar(totalSteps === 0 ? 0 : step / totalSteps, BAR), 'cyan'),
    piece(`  ${String(step).padStart(total.length)}/${total}`),
    piece(`  loss ${formatLoss(lossNats).padEnd(6)}`),
    piece(`  ${(tokensPerSecond === null ? '-' : formatCount(tokensPerSecond)).padStart(5)} tok/s`),
    piece(secondsLeft === null ? '' : `  ${formatSeconds(secondsLeft)} left`, 'dim'),
    piece(phase.attempt > 1 ? `  attempt ${phase.attempt}` : '', 'yellow'),
  ];
}
