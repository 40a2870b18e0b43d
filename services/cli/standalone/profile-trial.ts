// A profile of a trial's training step as tables and as a trace file.

import { writeFileSync } from 'node:fs';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { PlannedCell } from '../../study/plan/index.ts';
import { trainedConfig } from '../../study/settings/index.ts';
import { chromeTrace, profilePhase, type StepProfile, type TimeShare } from '../../trainer/index.ts';
import { formatCount, formatPercent } from '../render/quantities.ts';
import { left, renderTable, right } from '../render/table.ts';
import type { Shown } from '../results/shown.ts';

/** Kinds of operators that get a row; the rest is little. */
const SHOWN_OPERATORS = 15;

/** @throws LatentSweepError SPEC_INVALID for a phase that the trial does not have */
export async function profileTrial(
  { trial }: PlannedCell,
  kind: 'base' | 'pretrain' | 'finetune',
  placement: Parameters<typeof profilePhase>[1],
  steps: number,
): Promise<StepProfile> {
  const phase = trial.phases.find(({ config }) => config.kind === kind);
  if (phase === undefined) {
    const kinds = trial.phases.map(({ config }) => config.kind).join(', ');
    throw new LatentSweepError('SPEC_INVALID', `--phase ${kind}: the trial has the phases ${kinds}`, { phase: kind });
  }
  return await profilePhase(trainedConfig(phase.config), placement, steps);
}

/** @throws LatentSweepError CONFIG_INVALID when the file cannot be written */
export function writeTrace(file: string, { events }: StepProfile): void {
  try {
    writeFileSync(file, JSON.stringify(chromeTrace(events)));
  } catch (cause) {
    throw new LatentSweepError('CONFIG_INVALID', `--trace: ${file} cannot be written`, { file }, cause);
  }
}

/** Times in milliseconds per step, shares of passes and of the 15 longest operators. */
export function stepProfile(title: string, profile: StepProfile): Shown {
  const { events, ...value } = profile;
  const { steps, milliseconds, profiledMilliseconds, tokensPerSecond, flopsPerStep, peakFlopsPerSecond, mfu } = profile;
  const rate = (1_000 * flopsPerStep) / milliseconds;
  const text = [
    `${title}: ${milliseconds.toFixed(2)} ms a step over ${steps} steps, ${formatCount(tokensPerSecond)} tokens/s`,
    `${formatCount(flopsPerStep)} FLOP of matrix products a step, ${formatCount(rate)} FLOP/s: MFU ${formatPercent(mfu)} of ${formatCount(peakFlopsPerSecond)} FLOP/s, measured here`,
  ].join('\n');
  const under = `Times under the profiler, where a step takes ${profiledMilliseconds.toFixed(2)} ms:`;
  const { passes, operators } = profile;
  return {
    value: { ...value, nodesPerStep: events.length / steps },
    text: [
      text,
      under,
      shareTable('pass', passes, profiledMilliseconds),
      shareTable('operator', operators.slice(0, SHOWN_OPERATORS), profiledMilliseconds),
    ].join('\n\n'),
  };
}

function shareTable(what: string, shares: readonly TimeShare[], stepMs: number): string {
  return renderTable(
    [left(what), right('ms a step'), right('share'), right('nodes a step'), right('FLOP/s')],
    shares.map(({ name, milliseconds, calls, flopsPerSecond }) => [
      name,
      milliseconds.toFixed(2),
      formatPercent(milliseconds / stepMs),
      calls === 0 ? null : Math.round(calls),
      flopsPerSecond === 0 ? null : formatCount(flopsPerSecond),
    ]),
  );
}
