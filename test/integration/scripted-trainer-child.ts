// A trainer process for tests: speaks jobs/protocol.ts as the real one, trains a fake phase whose state is a chain of hashes, so that a resume from
// the wrong checkpoint, a lost or a repeated step change the final hash. The script (in model.weights) says where it crashes, hangs or fails.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ENGINE_VERSION } from '../../services/study/plan/engine-version.ts';
import type { LocalCheckpoint, PhaseJob, TrainerCommand, TrainerEvent } from '../../services/trainer/jobs/protocol.ts';
import type { ErrorCode } from '../../workflows/domain/errors.ts';
import { lossOf } from './scripted-loss.ts';

export interface TrainerScript {
  readonly steps: number;
  readonly stepMs: number;
  /** A checkpoint at every so many steps; default 1. */
  readonly checkpointEvery?: number;
  /** Where it misbehaves, on the first `attempts` attempts (default: all). */
  readonly fault?: {
    readonly kind: 'crash' | 'hang' | 'fail' | 'stop' | 'damage' | 'noise';
    readonly step: number;
    readonly attempts?: number;
    readonly code?: ErrorCode;
  };
  /** Goes on when asked to stop. */
  readonly deaf?: boolean;
  readonly failAt?: { readonly step: number; readonly code: string; readonly failures: number };
  /** Takes no step after this one before the file exists: a test acts on a phase that cannot be over. */
  readonly hold?: { readonly step: number; readonly until: string };
}

const emit = (event: TrainerEvent): void => void process.send?.(event);
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What the weights of a phase are after `step` steps. */
export function stateAfter(key: string, step: number, from = digest(key)): string {
  let state = from;
  for (let i = 1; i <= step; i++) state = digest(`${state}${key}${i}`);
  return state;
}

function scriptOf(job: PhaseJob): TrainerScript {
  const { model } = job.config;
  if (!('weights' in model)) throw new Error('not a scripted phase');
  return JSON.parse(model.weights) as TrainerScript;
}

let asked: 'checkpoint' | 'now' | null = null;

async function train(job: PhaseJob): Promise<void> {
  const script = scriptOf(job);
  const { phaseKey, attempt } = job;
  let step = job.resume?.step ?? 0;
  let state = digest(phaseKey);
  if (job.parent !== null) readFileSync(job.parent.path);
  if (job.resume !== null) {
    const saved = JSON.parse(readFileSync(job.resume.path, 'utf8')) as { step: number; state: string };
    if (saved.step !== step) throw new Error(`resumed at ${saved.step} instead of ${step}`);
    state = saved.state;
  }
  let segmentStart = step;
  let losses: number[] = [];
  const checkpoint = (): LocalCheckpoint => {
    const path = join(job.workDir, `${step}.safetensors`);
    const content = JSON.stringify({ step, state });
    writeFileSync(path, content);
    const isDamaged = script.fault?.kind === 'damage' && script.fault.step === step;
    return { path, sha256: digest(isDamaged ? 'another' : content), step, bytes: content.length };
  };
  const segment = (withCheckpoint: boolean): void => {
    if (step === segmentStart) return;
    emit({
      kind: 'segment',
      fromStep: segmentStart,
      toStep: step,
      metrics: [{ name: 'loss_nats', steps: losses.map((_, i) => segmentStart + i + 1), values: losses }],
      items: [],
      checkpoint: withCheckpoint ? checkpoint() : null,
      deviceSeconds: 0.001,
      mfu: null,
      tokens: step - segmentStart,
    });
    segmentStart = step;
    losses = [];
  };
  emit({ kind: 'started', step, totalSteps: script.steps, parameters: 1 });
  const isHeld = (): boolean => script.hold?.step === step && asked === null && !existsSync(script.hold.until);
  while (step < script.steps) {
    do await delay(script.stepMs);
    while (isHeld());
    if (asked !== null && script.deaf !== true) {
      if (asked === 'checkpoint') segment(true);
      emit({ kind: 'stopped', step });
      return;
    }
    step += 1;
    state = digest(`${state}${phaseKey}${step}`);
    losses.push(lossOf(phaseKey, step));
    emit({ kind: 'progress', step, totalSteps: script.steps, lossNats: losses.at(-1) ?? null, tokensPerSecond: 1 });
    const { fault, failAt } = script;
    if (failAt !== undefined && failAt.step === step && attempt <= failAt.failures) {
      emit({
        kind: 'failed',
        code: failAt.code as ErrorCode,
        failure: 'code_error',
        sentence: 'by script',
        details: {},
      });
      return;
    }
    if (fault?.step === step && attempt <= (fault.attempts ?? Number.POSITIVE_INFINITY)) {
      switch (fault.kind) {
        case 'crash':
          process.stderr.write('the script says crash\n', () => process.exit(3));
          await delay(60_000);
          break;
        case 'hang':
          // as a call into native code that never returns: the event loop is blocked, a closed channel is not seen
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
          break;
        case 'noise':
          process.send?.({ kind: 'nonsense' });
          break;
        case 'fail': {
          const code = fault.code ?? 'NAN_LOSS';
          emit({ kind: 'failed', code, failure: 'nan_loss', sentence: 'by script', details: { step } });
          return;
        }
        case 'stop':
          emit({ kind: 'stopped', step });
          return;
        case 'damage':
          break;
      }
    }
    const every = script.checkpointEvery ?? 1;
    if (step % every === 0 || step === script.steps) segment(true);
  }
  emit({
    kind: 'completed',
    result: { weightsSha256: state, capacityFloatsPerLatent: null, evaluation: null, analyses: [] },
  });
}

if (process.send !== undefined) {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (command: TrainerCommand) => {
    switch (command.kind) {
      case 'run':
        asked = null;
        void train(command.job);
        break;
      case 'stop':
        asked = command.mode;
        break;
      case 'exit':
        process.exit(0);
    }
  });
  emit({ kind: 'ready', pid: process.pid, engineVersion: process.env['SCRIPTED_ENGINE_VERSION'] ?? ENGINE_VERSION });
}
