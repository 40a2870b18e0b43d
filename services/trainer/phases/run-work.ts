// Runs the steps of a phase and cuts them into segments by wall time. Between steps it yields to the event loop, so that commands arrive;
// where it cuts decides only how rows are grouped, never their values.

import { join } from 'node:path';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { PROGRESS_EVERY_MS, SEGMENT_ROWS } from '../../../workflows/domain/record-limits.ts';
import { keepLastCheckpoints, writeCheckpoint } from '../checkpoints/index.ts';
import type { LocalCheckpoint, PhaseJob, TrainerEvent } from '../jobs/protocol.ts';
import { checkpointIntervalMs } from './checkpoint-interval.ts';
import type { PhaseWork, StepRecord } from './phase-work.ts';
import { OpenSegment } from './segment.ts';

export interface PhaseHost {
  send(event: TrainerEvent): void;
  /** What the supervisor asked for so far. */
  stopMode(): 'checkpoint' | 'now' | null;
  /** Lets messages arrive. */
  turn(): Promise<void>;
  /** Monotonic clock, ms. */
  nowMs(): number;
}

/** @throws LatentSweepError whatever a step or a checkpoint throws; segments sent before stay valid */
export async function runWork(
  job: Pick<PhaseJob, 'phaseKey' | 'workDir' | 'segmentMs' | 'checkpointMs' | 'checkpointBytesPerSecond'> &
    Partial<Pick<PhaseJob, 'resume'>>,
  work: PhaseWork,
  host: PhaseHost,
): Promise<void> {
  const { startStep, totalSteps, parameters, peakFlopsPerSecond = null } = work;
  const directory = join(job.workDir, 'checkpoints');
  let segment = new OpenSegment(startStep, host.nowMs());
  let checkpointStep = startStep;
  let checkpointAtMs = host.nowMs();
  let checkpointBytes = job.resume?.bytes ?? 0;
  const progress = progressReporter(work, host);

  const checkpointNow = (step: number): LocalCheckpoint => {
    const { tensors, updates } = work.state();
    const facts = { phaseKey: job.phaseKey, step, updates, tokenizer: work.tokenizerHash };
    const written = writeCheckpoint(directory, facts, tensors);
    keepLastCheckpoints(directory, Date.now());
    checkpointStep = step;
    checkpointBytes = written.bytes;
    checkpointAtMs = host.nowMs();
    return written;
  };
  const { checkpointMs, checkpointBytesPerSecond = null } = job;
  const intervalMs = (): number => checkpointIntervalMs(checkpointMs, checkpointBytesPerSecond, checkpointBytes);
  const commit = (withCheckpoint: boolean): void => {
    const checkpoint = withCheckpoint ? checkpointNow(segment.toStep) : null;
    host.send(segment.close(checkpoint, host.nowMs(), peakFlopsPerSecond));
    segment = new OpenSegment(segment.toStep, host.nowMs());
  };

  host.send({ kind: 'started', step: startStep, totalSteps, parameters });
  for (let step = startStep + 1; step <= totalSteps; step++) {
    await host.turn();
    const stop = host.stopMode();
    if (stop === 'checkpoint' && !segment.isEmpty) commit(true);
    // asked to stop just after a segment without checkpoint: one more step makes the segment that carries it
    if (stop === 'now' || (stop === 'checkpoint' && checkpointStep === segment.fromStep)) {
      host.send({ kind: 'stopped', step: segment.fromStep });
      return;
    }
    let record: StepRecord;
    try {
      record = work.run(step);
      checkFinite(record, step);
    } catch (error) {
      // the steps before a NaN are good and worth seeing; the last checkpoint stays the one to resume from
      if (error instanceof LatentSweepError && error.code === 'NAN_LOSS' && !segment.isEmpty) commit(false);
      throw error;
    }
    segment.add(step, record);
    progress(step, record);
    const nowMs = host.nowMs();
    if (step === totalSteps || stop === 'checkpoint') commit(true);
    else if (nowMs - segment.startedMs >= job.segmentMs || segment.rows >= SEGMENT_ROWS)
      commit(nowMs - checkpointAtMs >= intervalMs());
  }
  host.send({ kind: 'completed', result: work.result() });
}

function checkFinite({ lossNats }: StepRecord, step: number): void {
  if (lossNats === null || Number.isFinite(lossNats)) return;
  throw new LatentSweepError('NAN_LOSS', `the loss of step ${step} is ${lossNats}`, {
    step,
    lossNats: String(lossNats),
  });
}

/** Live numbers at most twice a second, and after the last step. */
function progressReporter({ totalSteps }: PhaseWork, host: PhaseHost): (step: number, record: StepRecord) => void {
  let sinceMs = host.nowMs();
  let tokens = 0;
  return (step, record) => {
    tokens += record.tokens;
    const elapsedMs = host.nowMs() - sinceMs;
    if (elapsedMs < PROGRESS_EVERY_MS) return;
    const tokensPerSecond = tokens / (elapsedMs / 1_000);
    host.send({ kind: 'progress', step, totalSteps, lossNats: record.lossNats, tokensPerSecond });
    sinceMs += elapsedMs;
    tokens = 0;
  };
}
