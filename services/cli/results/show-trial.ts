// One trial of a sweep: settings that set it apart, result, phases, failures.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { visibleLine } from '../../../workflows/domain/visible-text.ts';
import { readRows, type StudyReader } from '../../store/index.ts';
import { failuresQuery } from '../queries/failures.ts';
import { type TrialRow, trialQuery } from '../queries/trial.ts';
import { type TrialPhaseRow, trialPhasesQuery } from '../queries/trial-phases.ts';
import { formatLoss, formatPercent, formatSeconds } from '../render/quantities.ts';
import { left, renderTable, right } from '../render/table.ts';
import { failuresText, pointText } from './show-sweep.ts';
import type { Shown } from './shown.ts';

/** @throws LatentSweepError NOT_FOUND when no trial or more than one is meant */
export async function showTrial(reader: StudyReader, sweep: string, trial: string): Promise<Shown> {
  const row = await readTrial(reader, sweep, trial);
  const phases = await readRows(reader, trialPhasesQuery, [sweep, row.cell]);
  const failures = await readRows(reader, failuresQuery, [sweep, row.cell]);
  const text = [
    factsText(row),
    '',
    phasesTable(phases),
    ...(failures.length === 0 ? [] : ['', failuresText(failures)]),
  ];
  return { value: { ...row, phases, failures }, text: text.join('\n') };
}

async function readTrial(reader: StudyReader, sweep: string, trial: string): Promise<TrialRow> {
  const rows = await readRows(reader, trialQuery, [sweep, trial]);
  const [row] = rows;
  const keys = new Set(rows.map(({ trial_key }) => trial_key));
  if (row === undefined) {
    throw new LatentSweepError(
      'NOT_FOUND',
      `sweep ${sweep} has no cell ${trial}, and no trial whose key begins so (at least 6 digits)`,
      { sweep, trial },
    );
  }
  if (keys.size > 1) {
    const sentence = `${trial} is the beginning of ${keys.size} trial keys: ${[...keys].slice(0, 5).join(', ')}`;
    throw new LatentSweepError('NOT_FOUND', sentence, { sweep, trial });
  }
  return row;
}

function factsText(row: TrialRow): string {
  const { accuracy, chance, items, split, steps, total_steps, channel, capacity_floats_per_latent: capacity } = row;
  const facts: readonly (readonly [string, string | null])[] = [
    ['cell', `${row.cell}, trial ${row.trial_key}`],
    ['state', row.failure === null ? row.state : `${row.state} (${row.failure}): ${row.message ?? ''}`],
    ['system', `${row.system} on ${row.task}, ${row.latents} latents, seed ${row.seed}`],
    ['channel', channel === null ? null : `${channel}${capacity === null ? '' : `, ${capacity} floats per latent`}`],
    ['point', pointText(row.point)],
    ['training', steps === null ? null : `step ${steps}/${total_steps ?? '?'}, loss ${formatLoss(row.final_loss)}`],
    [
      'accuracy',
      accuracy === null
        ? null
        : `${formatPercent(accuracy)} of ${items} items (${split}); chance ${formatPercent(chance)}`,
    ],
    ['attempts', String(row.attempts)],
    ['device time', row.gpu_seconds === null ? null : formatSeconds(row.gpu_seconds)],
  ];
  return facts
    .filter(([, text]) => text !== null && text !== '')
    .map(([name, text]) => visibleLine(`${name.padEnd(12)}${text}`))
    .join('\n');
}

function phasesTable(phases: readonly TrialPhaseRow[]): string {
  return renderTable(
    [
      ...[left('phase'), left('state'), right('step'), right('attempts'), left('node'), right('device time')],
      ...[left('phase key'), left('weights')],
    ],
    phases.map((phase) => [
      phase.kind,
      phase.state,
      `${phase.step}/${phase.total_steps}`,
      phase.attempts,
      phase.node,
      phase.gpu_seconds === null ? '-' : formatSeconds(phase.gpu_seconds),
      phase.phase_key.slice(0, 12),
      phase.weights_sha256?.slice(0, 12) ?? '-',
    ]),
  );
}
