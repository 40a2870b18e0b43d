// A sweep: plans its cells into Postgres, keeps a few batches in flight until every cell is closed, and obeys commands. Which cells
// are open is always asked of Postgres, so that start, extend, retry and continue-as-new need no bookkeeping here.

import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  condition,
  continueAsNew,
  defineQuery,
  isCancellation,
  log,
  ParentClosePolicy,
  patched,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { CellRange } from './activities.ts';
import { planning, short } from './activity-proxies.ts';
import type { batch } from './batch.ts';
import {
  type BatchControl,
  type BatchSummary,
  batchesInFlight,
  batchWorkflowId,
  CONTROL_SIGNAL,
  cellsPerBatch,
  STATUS_QUERY,
  type SweepInput,
  type SweepStatus,
  type SweepSummary,
  sharesOfWidth,
  WORKFLOW_TASK_TIMEOUT_MS,
} from './contract.ts';
import { listenToCommands, type SweepState } from './sweep-commands.ts';

interface RunningBatch {
  readonly range: CellRange;
  handle: ChildWorkflowHandle<typeof batch> | null;
  /** Control that was sent last, as text; equal ones are not sent again. */
  sent: string;
}

/** Failures of batches in a row after which the sweep gives up (a batch fails only by a defect, never by its trials). */
const BATCH_FAILURES = 3;

/**
 * Batches in a row that found nothing to close in the same range before the sweep gives up: what is open is said by Postgres alone, so two
 * answers that contradict each other are a defect. One such batch is none: another sweep may have closed what they share just before.
 */
const EMPTY_BATCHES = 3;

/**
 * Events after which a run takes no new batches: the server suggests to go on anew at 4,096, and batches in flight still write until they end
 * (a grid of 100,000 cells came to 4,120).
 */
const DRAIN_AT_EVENTS = 3_500;

const statusQuery = defineQuery<SweepStatus>(STATUS_QUERY);

export async function sweep(input: SweepInput): Promise<SweepSummary> {
  const { sweepId } = input;
  const state: SweepState = {
    sweepId,
    settings: input.settings,
    paused: input.paused,
    cancelled: false,
    wantedRevision: 1,
    reopenings: 0,
    version: 0,
  };
  const running: RunningBatch[] = [];
  let plannedRevision = 0;
  let batchSize = input.batchSize;
  let slots = 1;
  let failures = 0;
  let empty = { from: 0, to: 0, count: 0 };
  const batches = new CancellationScope();

  const tell = async (one: RunningBatch, control: BatchControl): Promise<void> => {
    const text = contentOf(control);
    if (one.handle === null || one.sent === text) return;
    one.sent = text;
    try {
      await one.handle.signal(CONTROL_SIGNAL, control);
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.info('batch had ended before it was told', { from: one.range.from });
    }
  };
  const tellAll = async (): Promise<void> => {
    state.version += 1;
    await Promise.all(running.map((one, i) => tell(one, controlOf(state, running.length, i))));
  };
  listenToCommands(state, {
    tellAll,
    stopBatches: () => batches.cancel(),
    outside: (work) => CancellationScope.nonCancellable(work),
  });
  setHandler(statusQuery, () => ({
    paused: state.paused,
    cancelled: state.cancelled,
    planned: plannedRevision >= state.wantedRevision,
    settings: state.settings,
    running: running.map((one) => one.range),
  }));

  const follow = async (range: CellRange): Promise<void> => {
    const one: RunningBatch = { range, handle: null, sent: '' };
    running.push(one);
    try {
      await tellAll();
      const control = controlOf(state, running.length, running.indexOf(one));
      one.handle = await batches.run(() =>
        startChild<typeof batch>('batch', {
          workflowId: batchWorkflowId(input.sweep, range.from, range.to),
          workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
          args: [{ sweep: input.sweep, sweepId, ...range, heartbeatTimeoutMs: input.heartbeatTimeoutMs, control }],
          cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
          parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
          staticSummary: `cells ${range.from} to ${range.to - 1}`,
        }),
      );
      one.sent = contentOf(control);
      await tell(one, controlOf(state, running.length, running.indexOf(one)));
      const ended: BatchSummary = await one.handle.result();
      failures = 0;
      empty = { ...range, count: ended?.closed !== 0 ? 0 : empty.from === range.from ? empty.count + 1 : 1 };
    } catch (error) {
      if (!isCancellation(error)) {
        failures += 1;
        log.error('batch failed', { from: range.from, error: String(error) });
      }
    } finally {
      running.splice(running.indexOf(one), 1);
    }
    if (!state.cancelled) await tellAll();
  };

  let cancellation: unknown = null;
  try {
    await short.setSweepState({ sweepId, state: 'planning' });
    for (;;) {
      if (state.cancelled) break;
      if (plannedRevision < state.wantedRevision) {
        const plan = await batches.run(() => planning.planSweep({ sweepId }));
        plannedRevision = Math.max(plan.revision, plannedRevision);
        batchSize = cellsPerBatch(input.batchSize, plan.phasesPerTrial);
        if (plannedRevision < state.wantedRevision) {
          throw ApplicationFailure.nonRetryable(`revision ${state.wantedRevision} is not in Postgres`, 'NOT_FOUND');
        }
        await short.setSweepState({ sweepId, state: state.paused ? 'paused' : 'running' });
        continue;
      }
      if (failures >= BATCH_FAILURES)
        throw ApplicationFailure.nonRetryable('batches failed again and again', 'INTERNAL');
      if (empty.count >= EMPTY_BATCHES) {
        throw ApplicationFailure.nonRetryable(
          `cells of [${empty.from}, ${empty.to}) are open, and ${empty.count} batches in a row found none to run`,
          'INTERNAL',
        );
      }
      if (failures > 0) await sleep(1_000 * 2 ** failures);

      const changes = `${state.wantedRevision} ${state.reopenings}`;
      const draining = isLong();
      let exhausted = false;
      while (!state.paused && !draining && running.length < batchesInFlight(state.settings.width, slots, batchSize)) {
        const next = await short.nextRange({ sweepId, size: batchSize, running: running.map((one) => one.range) });
        slots = next.slots;
        if (state.cancelled || changes !== `${state.wantedRevision} ${state.reopenings}`) break;
        if (next.range === null) {
          exhausted = true;
          break;
        }
        void follow(next.range);
      }
      const changed = (): boolean => state.cancelled || changes !== `${state.wantedRevision} ${state.reopenings}`;
      if (changed()) continue;
      if (running.length === 0 && exhausted) {
        const summary = await short.closeSweep({ sweepId, state: 'finished' });
        await condition(allHandlersFinished);
        if (!changed()) return summary;
        continue;
      }
      if (running.length === 0 && draining) {
        await condition(allHandlersFinished);
        return await continueAsNew<typeof sweep>({ ...input, settings: state.settings, paused: state.paused });
      }
      const { paused, settings } = state;
      const before = running.length;
      await condition(
        () => changed() || running.length < before || state.paused !== paused || state.settings !== settings,
      );
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    state.cancelled = true;
    cancellation = error;
  }
  // a sweep must not close before its batches have let go (temporal.md section 5, traps)
  const summary = await CancellationScope.nonCancellable(async () => {
    batches.cancel();
    await condition(() => running.length === 0);
    const closed = await short.closeSweep({ sweepId, state: 'cancelled' });
    await condition(allHandlersFinished);
    return closed;
  });
  if (CancellationScope.current().consideredCancelled) throw cancellation;
  return summary;
}

/** Time to let the batches in flight end and go on in a new run; what they still write must fit below the server's suggestion. */
function isLong(): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || (historyLength >= DRAIN_AT_EVENTS && patched('drain-before-suggested'));
}

/** What a control says, whenever it was sent. */
function contentOf(control: BatchControl): string {
  return JSON.stringify({ ...control, version: 0 });
}

function controlOf(state: SweepState, batches: number, index: number): BatchControl {
  return {
    version: state.version,
    paused: state.paused,
    priority: state.settings.priority,
    weight: state.settings.weight,
    share: sharesOfWidth(state.settings.width, batches)[index] ?? null,
    reopenings: state.reopenings,
  };
}
