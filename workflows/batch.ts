// A batch runs the open cells of one range [from, to) to their end. Pause and a new priority cancel the scope of everything that
// runs, keep what is not closed, and run it again; Postgres says what that is. It never decides about cells outside its range.

import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  isCancellation,
  log,
  setHandler,
} from '@temporalio/workflow';
import type { OpenedTrial } from './activities.ts';
import { short } from './activity-proxies.ts';
import { type BatchControl, type BatchInput, type BatchSummary, CONTROL_SIGNAL } from './contract.ts';
import { type PhaseContext, runPhaseToEnd } from './phase-run.ts';
import { runTrial, sharePhases, shareRuns } from './trial.ts';

const controlSignal = defineSignal<[BatchControl]>(CONTROL_SIGNAL);

export async function batch(input: BatchInput): Promise<BatchSummary> {
  let control = input.control;
  let scope: CancellationScope | null = null;

  setHandler(controlSignal, (next) => {
    if (next.version <= control.version) return;
    const stop = next.paused || next.priority !== control.priority || next.weight !== control.weight;
    control = next;
    if (stop) scope?.cancel();
  });

  const cells = { sweepId: input.sweepId, from: input.from, to: input.to };
  const runAgain = shareRuns((phaseKey) => runPhaseToEnd(context, phaseKey, null, true));
  const context: PhaseContext = {
    sweep: input.sweep,
    heartbeatTimeoutMs: input.heartbeatTimeoutMs,
    control: () => control,
    runAgain,
    dispatched: new Set(),
  };

  for (let stuck = 0, closed = 0; ; ) {
    await condition(() => !control.paused);
    const reopenings = control.reopenings;
    const trials = await short.openCells(cells);
    if (trials.length === 0 && control.reopenings === reopenings) return { closed };
    if (control.paused) continue;
    scope = new CancellationScope();
    const pass = await runPass(scope, context, trials, reopenings, () => short.openCells(cells));
    scope = null;
    closed += pass.closed;
    stuck = pass.interrupted || pass.closed > 0 ? 0 : stuck + 1;
    if (stuck >= 3)
      throw ApplicationFailure.nonRetryable(`cells of [${input.from}, ${input.to}) cannot be closed`, 'INTERNAL');
  }
}

interface Pass {
  readonly interrupted: boolean;
  readonly closed: number;
}

/** Everything let go before it returns. @throws when the workflow itself is cancelled, or on a failure that is no trial's. */
async function runPass(
  scope: CancellationScope,
  context: PhaseContext,
  trials: readonly OpenedTrial[],
  reopenings: number,
  reread: () => Promise<readonly OpenedTrial[]>,
): Promise<Pass> {
  const active = new Set<number>();
  let closed = 0;
  const faults: Error[] = [];
  let known = reopenings;
  const runPhase = sharePhases((...phase) => runPhaseToEnd(context, ...phase));

  const start = async (trial: OpenedTrial): Promise<void> => {
    try {
      await runTrial(trial, runPhase);
      closed += 1;
    } catch (error) {
      if (isCancellation(error)) return;
      faults.push(error instanceof Error ? error : new Error(String(error)));
      scope.cancel();
    } finally {
      active.delete(trial.cell);
    }
  };
  const startAll = (some: readonly OpenedTrial[]): void => {
    for (const trial of some) {
      if (active.has(trial.cell)) continue;
      active.add(trial.cell);
      void start(trial);
    }
  };

  try {
    await scope.run(async () => {
      startAll(trials);
      while (active.size > 0) {
        await condition(() => active.size === 0 || context.control().reopenings !== known);
        if (context.control().reopenings === known) continue;
        known = context.control().reopenings;
        startAll(await reread());
      }
    });
  } catch (error) {
    if (!isCancellation(error)) throw error;
    // the scope's own condition ends at once; everything it started must let go first (docs/design/temporal.md section 5, traps)
    await CancellationScope.nonCancellable(() => condition(() => active.size === 0));
    if (CancellationScope.current().consideredCancelled) throw error;
  }
  const [fault] = faults;
  if (fault !== undefined) throw fault;
  if (scope.consideredCancelled) log.info('batch let go of its running phases', { closed });
  return { interrupted: scope.consideredCancelled, closed };
}
