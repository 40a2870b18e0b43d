// A sweep's progress from Postgres.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { readRows, type StudyReader } from '../../store/index.ts';
import { newFailuresQuery } from '../queries/new-failures.ts';
import { type RunningPhaseRow, runningPhasesQuery } from '../queries/running-phases.ts';
import { type SweepCountsRow, sweepsQuery } from '../queries/sweeps.ts';
import type { CellCounts, RunningPhase, SweepProgress } from './progress.ts';

/** @throws LatentSweepError NOT_FOUND */
export async function readSweep(reader: StudyReader, sweep: string): Promise<SweepCountsRow> {
  const [row] = await readRows(reader, sweepsQuery, [sweep]);
  if (row === undefined) throw new LatentSweepError('NOT_FOUND', `no sweep is named ${sweep}`, { name: sweep });
  return row;
}

/** @param since failures after it are told. @throws LatentSweepError NOT_FOUND */
export async function readProgress(reader: StudyReader, sweep: string, since: Date): Promise<SweepProgress> {
  const row = await readSweep(reader, sweep);
  const phases = await readRows(reader, runningPhasesQuery, [sweep]);
  const failures = await readRows(reader, newFailuresQuery, [sweep, since.toISOString()]);
  return {
    sweep,
    state: row.state,
    cells: row.cells,
    counts: countsOf(row),
    phases: phases.map(phaseOf),
    failures: failures.toReversed().map(({ phase_key: phaseKey, ...failure }) => ({ phaseKey, ...failure })),
  };
}

/** The counts of a row of study.sweeps. */
export function countsOf(row: SweepCountsRow): CellCounts {
  const { planned, waiting, running, paused, finished, failed, cancelled, stopped_early: stoppedEarly } = row;
  return { planned, waiting, running, paused, finished, failed, cancelled, stoppedEarly };
}

function phaseOf(row: RunningPhaseRow): RunningPhase {
  return {
    phaseKey: row.phase_key,
    kind: row.kind,
    system: row.system,
    latents: row.latents,
    seed: row.seed,
    cells: row.cells,
    attempt: row.attempt,
    node: row.node,
    step: row.step,
    totalSteps: row.total_steps,
    lossNats: row.loss_nats,
    tokensPerSecond: row.tokens_per_second,
  };
}
