// Streams the grid of a sweep's current revision into Postgres. Cells already there (by trial key) keep their number, new ones are
// appended, so that an extension adds only what is new and a repeated planning adds nothing.

import { Context } from '@temporalio/activity';
import type { SweepActivities } from '../../../workflows/activities.ts';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { CellPlan, OrchestratorStore } from '../../store/types.ts';
import type { PlanSweep } from '../planner.ts';

/** Cells of one transaction; larger groups gain nothing (parts.md section 2). */
const GROUP = 500;

export function planSweepActivity(store: OrchestratorStore, planSweep: PlanSweep): SweepActivities['planSweep'] {
  return async ({ sweepId }) => {
    const sweep = await store.sweepById(sweepId);
    if (sweep === null) throw new LatentSweepError('NOT_FOUND', `no sweep has id ${sweepId}`, { sweepId });
    const plan = planSweep(sweep.spec);
    const known = new Set(await store.sweepTrialKeys(sweepId));
    let phasesPerTrial = 1;
    let group: CellPlan[] = [];
    const write = async (): Promise<void> => {
      await store.planCells(sweepId, group);
      group = [];
      Context.current().heartbeat(known.size);
    };
    for (let index = 0; index < plan.size; index++) {
      if (index % GROUP === GROUP - 1) {
        Context.current().heartbeat(known.size);
        // hashing 500 cells is some milliseconds; heartbeats and other activities must get their turn
        await new Promise((resolve) => setImmediate(resolve));
        Context.current().cancellationSignal.throwIfAborted();
      }
      const cell = plan.cell(index);
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
