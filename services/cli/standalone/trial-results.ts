// What a trial that was trained here ends with: the row that a sweep would show of it, its speed, and where everything lies.

import type { PlannedCell } from '../../study/plan/index.ts';
import { type DonePhase, metricEnds, metricsFile } from '../../trainer/index.ts';
import type { ResultRow } from '../queries/results.ts';
import { formatCount, formatSeconds } from '../render/quantities.ts';
import { left, renderTable, right } from '../render/table.ts';
import { resultsLegend, resultsTable } from '../results/results-table.ts';

/** Steps whose mean is the first and the final loss; as in the results of sweeps. */
const LOSS_STEPS = 10;

/**
 * Losses are means over 10 steps, speed in tokens per second on the device. @param folder of the trial, with its
 * metrics files
 */
export function trialResults(cell: PlannedCell, phases: readonly DonePhase[], folder: string) {
  const row = resultRow(cell, phases, folder);
  const speeds = phases.map((phase, index) => ({
    phase: phase.kind,
    steps: cell.totalStepsByPhase[index] ?? null,
    seconds: phase.deviceSeconds,
    tokensPerSecond: phase.deviceSeconds > 0 ? phase.tokens / phase.deviceSeconds : null,
    weightsSha256: phase.result.weightsSha256,
  }));
  const text = [
    [resultsTable([row]), ...resultsLegend([row])].join('\n'),
    renderTable(
      [left('phase'), right('steps'), right('time'), right('tokens/s')],
      speeds.map(({ phase, steps, seconds, tokensPerSecond }) => [
        phase,
        steps,
        formatSeconds(seconds),
        tokensPerSecond === null ? null : formatCount(tokensPerSecond),
      ]),
    ),
    `Metrics of every step: ${metricsFile(folder)}`,
  ].join('\n\n');
  return { value: { trial: cell.trial.key, folder, result: row, phases: speeds }, text };
}

function resultRow(cell: PlannedCell, phases: readonly DonePhase[], folder: string): ResultRow {
  const { trial, task, system, channel, latents, seed, totalStepsByPhase } = cell;
  const evaluation = phases.find(({ kind }) => kind === 'evaluate')?.result.evaluation ?? null;
  const last = trial.phases.findLastIndex(({ config }) => config.kind === 'pretrain' || config.kind === 'finetune');
  const kind = trial.phases[last]?.config.kind ?? 'finetune';
  const losses = metricEnds(folder, kind, 'loss_nats', LOSS_STEPS);
  return {
    ...{ cell: trial.cell, trial_key: trial.key, state: 'finished', task, system, channel, latents, seed },
    accuracy: evaluation?.accuracy ?? null,
    chance: evaluation?.chance ?? null,
    items: evaluation?.items ?? null,
    split: evaluation?.split ?? null,
    first_loss: losses?.first ?? null,
    final_loss: losses?.last ?? null,
    steps: totalStepsByPhase[last] ?? null,
  };
}
