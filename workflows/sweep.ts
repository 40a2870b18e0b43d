// A sweep: plans its cells into Postgres, keeps a few batches in flight until every cell is closed, and follows commands. Which cells
// are open is always asked of Postgres, so that start, extend, retry and continue-as-new need no bookkeeping here.

import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  isCancellation,
  patched,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { planning, short } from './activity-proxies.ts';
import {
  batchesInFlight,
  cellsPerBatch,
  STATUS_QUERY,
  type SweepInput,
  type SweepStatus,
  type SweepSummary,
} from './contract.ts';
import { RunningBatches } from './running-batches.ts';
import { listenToCommands, type SweepState } from './sweep-commands.ts';

/**
 * Events after which a run takes no new batches: the server suggests to go on anew at 4,096, and batches in flight still write until they end
 * (a grid of 100,000 cells came to 4,120).
 */
const DRAIN_AT_EVENTS = 3_500;

const statusQuery = defineQuery<SweepStatus>(STATUS_QUERY);

/** What the loop has learned so far. */
interface Progress {
  plannedRevision: number;
  batchSize: number;
  slots: number;
}

export async function sweep(input: SweepInput): Promise<SweepSummary> {
  const { sweepId, settings, paused, batchSize } = input;
  const state: SweepState = {
    sweepId,
    settings,
    paused,
    cancelled: false,
    wantedRevision: 1,
    reopenings: 0,
    version: 0,
  };
  const progress: Progress = { plannedRevision: 0, batchSize, slots: 1 };
  const batches = new RunningBatches(state, input);
  listenToCommands(state, {
    notifyAll: () => batches.notifyAll(),
    stopBatches: () => batches.cancel(),
    outside: (work) => CancellationScope.nonCancellable(work),
  });
  setHandler(statusQuery, () => ({
    paused: state.paused,
    cancelled: state.cancelled,
    planned: progress.plannedRevision >= state.wantedRevision,
    settings: state.settings,
    running: batches.ranges,
  }));

  let cancellation: unknown = null;
  try {
    await short.setSweepState({ sweepId, state: 'planning' });
    while (!state.cancelled) {
      if (progress.plannedRevision < state.wantedRevision) {
        await planCells(input, state, progress, batches);
        continue;
      }
      const summary = await runRound(input, state, progress, batches);
      if (summary !== null) return summary;
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    state.cancelled = true;
    cancellation = error;
  }
  // a sweep must not close before its batches have ended (docs/design/temporal.md section 5, traps)
  const summary = await CancellationScope.nonCancellable(async () => {
    batches.cancel();
    await condition(() => batches.count === 0);
    const closed = await short.closeSweep({ sweepId, state: 'cancelled' });
    await condition(allHandlersFinished);
    return closed;
  });
  if (CancellationScope.current().consideredCancelled) throw cancellation;
  return summary;
}

/** Writes the cells of the wanted revision to Postgres. */
async function planCells(
  input: SweepInput,
  state: SweepState,
  progress: Progress,
  batches: RunningBatches,
): Promise<void> {
  const { sweepId } = input;
  const plan = await batches.within(() => planning.planSweep({ sweepId }));
  progress.plannedRevision = Math.max(plan.revision, progress.plannedRevision);
  progress.batchSize = cellsPerBatch(input.batchSize, plan.phasesPerTrial);
  if (progress.plannedRevision < state.wantedRevision)
    throw ApplicationFailure.nonRetryable(`revision ${state.wantedRevision} is not in Postgres`, 'NOT_FOUND');
  await short.setSweepState({ sweepId, state: state.paused ? 'paused' : 'running' });
}

/**
 * Starts batches while there is room, then waits until something changes.
 *
 * @returns the summary when every cell is closed; null to look again
 */
async function runRound(
  input: SweepInput,
  state: SweepState,
  progress: Progress,
  batches: RunningBatches,
): Promise<SweepSummary | null> {
  const { sweepId } = input;
  batches.checkProgress();
  if (batches.backoffMs > 0) await sleep(batches.backoffMs);

  const { wantedRevision, reopenings } = state;
  const changed = (): boolean =>
    state.cancelled || state.wantedRevision !== wantedRevision || state.reopenings !== reopenings;
  const draining = isLong();
  let exhausted = false;
  const hasRoom = (): boolean =>
    batches.count < batchesInFlight(state.settings.width, progress.slots, progress.batchSize);
  while (!state.paused && !draining && hasRoom()) {
    const next = await short.nextRange({ sweepId, size: progress.batchSize, running: batches.ranges });
    progress.slots = next.slots;
    if (changed()) return null;
    if (next.range === null) {
      exhausted = true;
      break;
    }
    void batches.follow(next.range);
  }
  if (changed()) return null;
  if (batches.count === 0 && exhausted) {
    const summary = await short.closeSweep({ sweepId, state: 'finished' });
    await condition(allHandlersFinished);
    return changed() ? null : summary;
  }
  if (batches.count === 0 && draining) {
    await condition(allHandlersFinished);
    return await continueAsNew<typeof sweep>({ ...input, settings: state.settings, paused: state.paused });
  }
  const { paused, settings } = state;
  const before = batches.count;
  await condition(() => changed() || batches.count < before || state.paused !== paused || state.settings !== settings);
  return null;
}

/** Time to let the batches in flight end and go on in a new run; what they still write must fit below the server's suggestion. */
function isLong(): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || (historyLength >= DRAIN_AT_EVENTS && patched('drain-before-suggested'));
}
