// The two ways progress is shown: redrawn in place on a terminal, plain lines everywhere else.

import { visibleLine } from '../../../workflows/domain/visible-text.ts';
import { type LiveArea, openLiveArea, type Terminal } from '../render/live-area.ts';
import { countsText, phaseText, progressLines } from '../render/progress-lines.ts';
import { piece } from '../render/styled-line.ts';
import type { ProgressDisplay } from './follow-sweep.ts';
import { failureText, type SweepProgress } from './progress.ts';
import { openStepRates } from './step-rates.ts';

/** Plain lines of an unchanged sweep, and the least time between two changes. */
const PLAIN_EVERY_MS = 15_000;
const PLAIN_LEAST_MS = 3_000;
/** Running phases that get a plain line each. */
const PLAIN_PHASES = 8;

/** Progress redrawn in place; failures stay above it. @param startMs when the following began, epoch ms */
export function openLiveDisplay(terminal: Terminal, color: boolean, startMs: number): ProgressDisplay {
  const area: LiveArea = openLiveArea(terminal, color);
  const leftOf = openTimesLeft();
  const unseen = openUnseenFailures();
  let shown: { readonly progress: SweepProgress; readonly secondsLeft: ReadonlyMap<string, number | null> } | null =
    null;
  let troubleNow: string | null = null;
  const draw = (nowMs: number): void => {
    if (shown === null) return;
    const { progress } = shown;
    const note = troubleNow ?? (progress.state === 'paused' ? pausedText(progress.sweep) : null);
    area.draw(progressLines({ ...shown, elapsedSeconds: (nowMs - startMs) / 1_000, trouble: note }));
  };
  return {
    show: (progress, nowMs) => {
      const failures = unseen(progress);
      if (failures.length > 0) area.print(failures.map((text) => [piece(text, 'red')]));
      shown = { progress, secondsLeft: leftOf(progress, nowMs) };
      draw(nowMs);
    },
    trouble: (sentence, nowMs) => {
      troubleNow = sentence;
      if (shown === null && sentence !== null) area.print([[piece(`! ${sentence}`, 'yellow')]]);
      draw(nowMs);
    },
    end: () => area.end('keep'),
  };
}

/** @param write takes one line without its newline */
export function openPlainDisplay(write: (line: string) => void): ProgressDisplay {
  const leftOf = openTimesLeft();
  const unseen = openUnseenFailures();
  let lastText = '';
  let lastState: SweepProgress['state'] | null = null;
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    show: (progress, nowMs) => {
      const secondsLeft = leftOf(progress, nowMs);
      for (const failure of unseen(progress)) write(failure);
      if (progress.state === 'paused' && lastState !== 'paused') write(pausedText(progress.sweep));
      lastState = progress.state;
      const text = countsText(progress);
      if (nowMs - lastMs < (text === lastText ? PLAIN_EVERY_MS : PLAIN_LEAST_MS)) return;
      lastText = text;
      lastMs = nowMs;
      write(text);
      for (const phase of progress.phases.slice(0, PLAIN_PHASES)) {
        write(`  ${phaseText(phase, secondsLeft.get(phase.phaseKey) ?? null)}`);
      }
    },
    trouble: (sentence) => write(visibleLine(sentence ?? 'everything answers again')),
    end: () => undefined,
  };
}

function pausedText(sweep: string): string {
  return visibleLine(`${sweep} is paused; lsweep resume ${sweep} goes on`);
}

function openTimesLeft(): (progress: SweepProgress, nowMs: number) => ReadonlyMap<string, number | null> {
  const rates = openStepRates();
  return ({ phases }, nowMs) => {
    rates.keep(new Set(phases.map(({ phaseKey }) => phaseKey)));
    return new Map(
      phases.map(({ phaseKey, step, totalSteps }) => [phaseKey, rates.secondsLeft(phaseKey, step, totalSteps, nowMs)]),
    );
  };
}

/** Each failed attempt is told once. */
function openUnseenFailures(): (progress: SweepProgress) => readonly string[] {
  const seen = new Set<string>();
  return ({ failures }) =>
    failures.flatMap((failure) => {
      const id = `${failure.phaseKey}/${failure.attempt}`;
      if (seen.has(id)) return [];
      seen.add(id);
      return [failureText(failure)];
    });
}
