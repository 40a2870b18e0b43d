// Streams the grid of a sweep's current revision into Postgres. Cells already there (by trial key) keep their number, new ones are
// appended, so that an extension adds only what is new and a repeated planning adds nothing. Never mixes cells that the revision does not have
// with new ones: they would be averaged as if they were one experiment.

import { Context } from '@temporalio/activity';
import type { SweepActivities } from '../../../workflows/activities.ts';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { CellPlan, OrchestratorStore } from '../../store/types.ts';
import type { PlanSweep, SweepPlan } from '../planner.ts';

/** Cells of one transaction; larger groups gain nothing (docs/design/parts.md section 2). */
const GROUP = 500;

/** @throws LatentSweepError NOT_FOUND, SPEC_INVALID, CONFLICT when some cells that the sweep has are not in its file and new ones would join them */
export function planSweepActivity(store: OrchestratorStore, planSweep: PlanSweep): SweepActivities['planSweep'] {
  return async ({ sweepId }) => {
    const sweep = await store.sweepById(sweepId);
    if (sweep === null) throw new LatentSweepError('NOT_FOUND', `no sweep has id ${sweepId}`, { sweepId });
    const plan = planSweep(sweep.spec);
    const planned = await store.sweepTrialKeys(sweepId);
    const survey = planned.size === 0 ? null : await surveyOf(sweep.name, plan, planned);
    const known = new Set(planned);
    let phasesPerTrial = survey?.phasesPerTrial ?? 1;
    let group: CellPlan[] = [];
    const write = async (): Promise<void> => {
      await store.planCells(sweepId, group);
      group = [];
      Context.current().heartbeat(known.size);
    };
    for await (const cell of cellsOf(plan, survey?.fresh ?? range(plan.size))) {
      phasesPerTrial = Math.max(phasesPerTrial, cell.trial.phases.length);
      if (known.has(cell.trial.key)) continue;
      group.push({ ...cell, trial: { ...cell.trial, cell: known.size } });
      known.add(cell.trial.key);
      if (group.length === GROUP) await write();
    }
    if (group.length > 0) await write();
    return { revision: sweep.revision, cells: known.size, phasesPerTrial };
  };
}

/** Hashing 500 cells is some milliseconds; heartbeats and other activities must get their turn. */
async function* cellsOf(plan: SweepPlan, indices: Iterable<number>): AsyncGenerator<CellPlan> {
  let count = 0;
  for (const index of indices) {
    count += 1;
    if (count % GROUP === 0) {
      Context.current().heartbeat(index);
      await new Promise((resolve) => setImmediate(resolve));
      Context.current().cancellationSignal.throwIfAborted();
    }
    yield plan.cell(index);
  }
}

function* range(size: number): Generator<number> {
  for (let index = 0; index < size; index++) yield index;
}

/** What is not planned yet, found before anything of it is written. */
async function surveyOf(
  name: string,
  plan: SweepPlan,
  planned: ReadonlySet<string>,
): Promise<{ readonly fresh: readonly number[]; readonly phasesPerTrial: number }> {
  const left = new Set(planned);
  const fresh: number[] = [];
  let phasesPerTrial = 1;
  let index = 0;
  for await (const { trial } of cellsOf(plan, range(plan.size))) {
    phasesPerTrial = Math.max(phasesPerTrial, trial.phases.length);
    if (!planned.has(trial.key)) fresh.push(index);
    left.delete(trial.key);
    index += 1;
  }
  if (fresh.length === 0 || left.size === 0) return { fresh, phasesPerTrial };
  const sentence = `${left.size} of the ${planned.size} cells of sweep ${name} are not what its file means now (an engine of another version makes other trials of it), and new ones must not be mixed with them; start the file under another name`;
  throw new LatentSweepError('CONFLICT', sentence, { name, cells: left.size });
}
