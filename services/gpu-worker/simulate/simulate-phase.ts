// One simulated phase from its job to its last event: the loop of the real trainer (services/trainer/phases/run-work.ts) with a sleep in place of
// the step, and faults on demand. What it records depends on settings, seed and step alone (draws.ts), never on time.

import { closeSync, openSync, writeSync } from 'node:fs';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { PROGRESS_EVERY_MS, SEGMENT_ROWS } from '../../../workflows/domain/record-limits.ts';
import type { SimulatePhaseConfig } from '../../study/settings/index.ts';
import type { LocalCheckpoint, TrainerEvent } from '../../trainer/index.ts';
import type { SlotJob } from '../trainer.ts';
import { readSimulated, writeSimulated } from './checkpoint.ts';
import { Draws, stateHash } from './draws.ts';
import { SimulatedSegment } from './segment.ts';

export type SimulateJob = Pick<SlotJob, 'phaseKey' | 'attempt' | 'resume' | 'workDir' | 'segmentMs'> & {
  readonly config: SimulatePhaseConfig;
};

export interface SimulateHost {
  send(event: TrainerEvent): void;
  /** What the supervisor asked for so far. */
  stopMode(): 'checkpoint' | 'now' | null;
  /** Resolves after `waitMs`, or as soon as something new is asked for. Lets messages arrive even when `waitMs` is 0. */
  wait(waitMs: number): Promise<void>;
  /** Ends the trainer as a SIGKILL does. */
  crash(): Promise<never>;
}

/** Steps without a pause between two looks at the messages. */
const STEPS_PER_TURN = 1_000;

/** Sends `started`, segments, then `completed` or `stopped`. @throws LatentSweepError what the settings ask for, or a damaged checkpoint */
export async function simulatePhase(job: SimulateJob, host: SimulateHost): Promise<void> {
  const { config, phaseKey, attempt, resume, segmentMs } = job;
  const { seconds, steps, metricsPerStep, checkpointEvery, checkpointBytes, ledger } = config.task;
  const draws = new Draws(config);
  const stepMs = (1_000 * seconds) / steps;
  const first = resume?.step ?? 0;
  let state = resume === null ? draws.initial : readSimulated(resume, phaseKey);
  let checkpointStep = first;
  let progressAtMs = performance.now();
  let segment = new SimulatedSegment(first, metricsPerStep, performance.now());

  const commit = (withCheckpoint: boolean): void => {
    let checkpoint: LocalCheckpoint | null = null;
    if (withCheckpoint) {
      checkpoint = writeSimulated(job.workDir, phaseKey, segment.toStep, state, checkpointBytes);
      checkpointStep = segment.toStep;
    }
    host.send(segment.close(checkpoint, performance.now()));
    segment = new SimulatedSegment(segment.toStep, metricsPerStep, performance.now());
  };

  if (ledger !== null) appendLine(ledger, 'start', config.seed);
  host.send({ kind: 'started', step: first, totalSteps: steps, parameters: 0 });
  const beganMs = performance.now();
  for (let step = first + 1; step <= steps; step++) {
    const dueMs = beganMs + (step - first) * stepMs;
    for (let turned = false; ; turned = true) {
      const stop = host.stopMode();
      if (stop === 'checkpoint' && !segment.isEmpty) commit(true);
      // asked to stop just after a segment without checkpoint: one more step makes the segment that carries it
      if (stop === 'now' || (stop === 'checkpoint' && checkpointStep === segment.fromStep)) {
        host.send({ kind: 'stopped', step: segment.fromStep });
        return;
      }
      const leftMs = dueMs - performance.now();
      if (leftMs <= 0 && (turned || step % STEPS_PER_TURN !== 0)) break;
      await host.wait(Math.max(0, leftMs));
    }
    const fault = draws.faultAt(step, attempt);
    if (fault === 'nan' && !segment.isEmpty) commit(false);
    if (fault !== null) await fail(fault, step, host);

    state = draws.advance(state, step);
    segment.add(step, draws);
    const nowMs = performance.now();
    if (nowMs - progressAtMs >= PROGRESS_EVERY_MS) {
      progressAtMs = nowMs;
      host.send({ kind: 'progress', step, totalSteps: steps, lossNats: draws.value(0, step), tokensPerSecond: 0 });
    }
    if (step === steps) {
      if (ledger !== null) appendLine(ledger, 'done', config.seed);
      commit(checkpointEvery !== null);
    } else if (checkpointEvery !== null && step % checkpointEvery === 0) commit(true);
    else if (nowMs - segment.startedMs >= segmentMs || segment.rows >= SEGMENT_ROWS) commit(false);
  }
  const result = { weightsSha256: stateHash(state), capacityFloatsPerLatent: null, evaluation: null, analyses: [] };
  host.send({ kind: 'completed', result });
}

type Fault = NonNullable<ReturnType<Draws['faultAt']>>;

/** Never returns: it throws, ends the trainer, or waits for ever. */
async function fail(fault: Fault, step: number, host: SimulateHost): Promise<never> {
  switch (fault) {
    case 'crash':
      return await host.crash();
    case 'hang':
      return await new Promise<never>(() => undefined);
    case 'out_of_memory':
      throw new LatentSweepError('OUT_OF_MEMORY', `simulated: step ${step} does not fit into memory`, { step });
    case 'nan':
      throw new LatentSweepError('NAN_LOSS', `the loss of step ${step} is NaN`, { step, lossNats: 'NaN' });
    case 'error':
      throw new LatentSweepError('INTERNAL', `simulated: an exception in step ${step}`, { step });
  }
}

/** One write on an append-only descriptor: lines of many processes never mix. */
function appendLine(ledger: string, kind: 'start' | 'done', cell: number): void {
  const file = openSync(ledger, 'a');
  try {
    writeSync(file, `${kind} ${cell} ${(Date.now() / 1_000).toFixed(3)} ${process.pid}\n`);
  } finally {
    closeSync(file);
  }
}
