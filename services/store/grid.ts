// The cells of a sweep: planned in groups, handed out in ranges, closed and reopened.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { PhaseKind, PlannedPhase } from '../study/settings/index.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';
import { storableJson, storableText } from './storable-text.ts';
import type { CellPlan, CellState, OrchestratorStore, PhaseRef, TrialOpening } from './types.ts';

const lockSweep = statement('lock-sweep');
const planPhases = statement('plan-phases');
const planTrials = statement('plan-trials');
const planPipelines = statement('plan-pipelines');
const planCells = statement('plan-cells');
const nextOpenRange = statement('next-open-range');
const openTrials = statement('open-trials');
const closeTrial = statement('close-trial');
const lockFailedTrials = statement('lock-failed-trials');
const reopenSweep = statement('reopen-sweep');
const reopenTrials = statement('reopen-trials');
const reopenPhases = statement('reopen-phases');
const forgiveAttempts = statement('forgive-attempts');
const noteAskedAgain = statement('note-asked-again');

type OpenRow = {
  readonly cell: number;
  readonly trial_id: number;
  readonly trial_key: string;
  readonly state: CellState;
  readonly phase_id: number | null;
  readonly phase_key: string;
  readonly kind: PhaseKind;
  readonly phase_state: PhaseRef['state'];
  readonly parent_key: string | null;
};

/** The part of the store about cells, each method described at `OrchestratorStore`. */
export type Grid = Pick<OrchestratorStore, 'planCells' | 'nextOpenRange' | 'openTrials' | 'closeTrial' | 'retryFailed'>;

/**
 * Plans cells, hands them out in ranges, closes and reopens them. Locks are taken in one order, so that overlapping
 * sweeps never deadlock.
 */
export function grid(db: Database): Grid {
  return {
    planCells: async (sweepId, cells) => {
      if (cells.length === 0) return;
      // one order for all planners, so that overlapping sweeps do not wait for each other in a circle
      const phases = [...phasesOf(cells).values()].sort((a, b) => compare(a.phase.key, b.phase.key));
      const trials = [...new Map(cells.map((cell) => [cell.trial.key, cell])).values()];
      trials.sort((a, b) => compare(a.trial.key, b.trial.key));
      const pipeline = trials.flatMap(({ trial }) =>
        trial.phases.map((phase, position) => ({ trial: trial.key, position, phase: phase.key })),
      );
      await db.transaction(async (tx) => {
        const [sweep] = await tx.query<{ readonly revision: number }>(lockSweep, [sweepId]);
        if (sweep === undefined) throw new LatentSweepError('NOT_FOUND', `no sweep has id ${sweepId}`, { sweepId });
        await tx.query(planPhases, [
          phases.map(({ phase }) => phase.key),
          phases.map(({ phase }) => phase.config.kind),
          phases.map(({ phase }) => phase.parent),
          phases.map(({ phase }) => storableJson(phase.config)),
          phases.map(({ totalSteps }) => totalSteps),
        ]);
        await tx.query(planTrials, [
          trials.map((one) => one.trial.key),
          trials.map((one) => storableJson(one.settings)),
          trials.map((one) => one.system),
          trials.map((one) => one.task),
          trials.map((one) => one.latents),
          trials.map((one) => one.channel),
          trials.map((one) => one.capacityFloatsPerLatent),
          trials.map((one) => one.seed),
        ]);
        await tx.query(planPipelines, [
          pipeline.map((one) => one.trial),
          pipeline.map((one) => one.position),
          pipeline.map((one) => one.phase),
        ]);
        await tx.query(planCells, [
          sweepId,
          sweep.revision,
          trials.map((one) => one.trial.cell),
          trials.map((one) => one.trial.key),
          trials.map((one) => storableJson(one.point)),
        ]);
      });
    },
    nextOpenRange: async (sweepId, size, excluded) => {
      const values = [sweepId, size, excluded.map((one) => one.from), excluded.map((one) => one.to)];
      const [row] = await db.query<{ readonly start: number; readonly stop: number }>(nextOpenRange, values);
      return row === undefined ? null : { from: row.start, to: row.stop };
    },
    openTrials: async (sweepId, from, to) => groupByCell(await db.query<OpenRow>(openTrials, [sweepId, from, to])),
    closeTrial: async (trialId, state, failure) => {
      const message = failure === undefined ? null : storableText(failure.message);
      await db.query(closeTrial, [trialId, state, failure?.failure ?? null, message]);
    },
    retryFailed: (sweepId) =>
      db.transaction(async (tx) => {
        // sweep, then trials, then what cells are called: the order in which everybody locks them
        await tx.query(lockSweep, [sweepId]);
        const failed = await tx.query<{ readonly trial_id: number }>(lockFailedTrials, [sweepId]);
        if (failed.length === 0) return [];
        const trialIds = failed.map((row) => row.trial_id);
        await tx.query(reopenSweep, [sweepId]);
        const trials = await tx.query<{ readonly cell: number }>(reopenTrials, [sweepId, trialIds]);
        const phases = await tx.query<{ readonly phase_id: number }>(reopenPhases, [trialIds]);
        const phaseIds = phases.map((row) => row.phase_id);
        await tx.query(forgiveAttempts, [phaseIds]);
        await tx.query(noteAskedAgain, [phaseIds]);
        return trials.map((row) => row.cell).sort((a, b) => a - b);
      }),
  };
}

function phasesOf(
  cells: readonly CellPlan[],
): ReadonlyMap<string, { readonly phase: PlannedPhase; readonly totalSteps: number }> {
  const phases = new Map<string, { phase: PlannedPhase; totalSteps: number }>();
  for (const { trial, totalStepsByPhase } of cells) {
    trial.phases.forEach((phase, i) => phases.set(phase.key, { phase, totalSteps: totalStepsByPhase[i] ?? 0 }));
  }
  return phases;
}

function groupByCell(rows: readonly OpenRow[]): readonly (TrialOpening & { readonly cell: number })[] {
  const trials = new Map<number, TrialOpening & { readonly cell: number; readonly phases: PhaseRef[] }>();
  for (const row of rows) {
    const { cell, trial_id, trial_key, state } = row;
    const trial = trials.get(cell) ?? { cell, trialId: trial_id, trialKey: trial_key, state, phases: [] };
    trials.set(cell, trial);
    if (row.phase_id === null) continue;
    const { phase_id, phase_key, kind, phase_state, parent_key } = row;
    trial.phases.push({ phaseId: phase_id, key: phase_key, kind, state: phase_state, parentKey: parent_key });
  }
  return [...trials.values()];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
