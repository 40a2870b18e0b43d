// Trains one trial without a stack: its phases in order, each in a trainer process, rows to files, checkpoints to the trial's folder.
// Called again it goes on after the last checkpoint and gives the same bits as an uncut run. Who calls sees to it that nobody else
// uses the folder. It knows configs of phases, not where they come from.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { makeFolder } from '../../artifacts/index.ts';
import type { PhaseConfig } from '../../study/settings/index.ts';
import type { LocalCheckpoint, PhaseJob, TrainerEvent } from '../jobs/protocol.ts';
import { RowFiles } from './row-files.ts';
import { TrainerChild } from './trainer-child.ts';
import {
  type DonePhase,
  type ResumePoint,
  readTrialState,
  type TrialCheckpoint,
  type TrialState,
  writeTrialState,
} from './trial-state.ts';

export interface StandalonePhase {
  readonly key: string;
  readonly config: PhaseConfig;
  /** Key of the phase whose final checkpoint it starts from; that one comes earlier. */
  readonly parent: string | null;
}

export interface StandaloneTrial {
  /** Identity of the trial: a folder belongs to one. */
  readonly key: string;
  readonly phases: readonly StandalonePhase[];
  readonly folder: string;
  readonly device: 'cpu' | 'cuda';
  readonly threads: number;
  /** As in a job; changes no bit. */
  readonly exclusiveCores: boolean;
  /** Wall time between two commits of rows, ms. */
  readonly segmentMs: number;
  /** A checkpoint when the last one is older, ms. */
  readonly checkpointMs: number;
}

export interface TrialObserver {
  /** Every event of the trainer, and once for each phase that was done before. */
  event(phase: StandalonePhase, event: TrainerEvent): void;
  alreadyDone(phase: StandalonePhase, done: DonePhase): void;
  /** What went wrong but does not end the run. */
  warn(error: LatentSweepError): void;
}

export type TrialEnd =
  | { readonly kind: 'completed'; readonly phases: readonly DonePhase[] }
  | { readonly kind: 'stopped'; readonly phase: StandalonePhase; readonly step: number };

/**
 * @param signal aborts with a checkpoint at the next step
 * @throws LatentSweepError CONFLICT for a folder of another trial, device or thread count; what a phase fails with; TRAINER_CRASHED
 */
export async function runTrial(
  trial: StandaloneTrial,
  observer: TrialObserver,
  signal: AbortSignal,
): Promise<TrialEnd> {
  makeFolder(trial.folder);
  const begun = readTrialState(trial.folder) ?? freshState(trial);
  checkSameTrial(begun, trial);
  const child = new TrainerChild();
  const stop = (): void => child.stop();
  signal.addEventListener('abort', stop);
  try {
    return await new TrialRun(trial, begun, child, observer, signal).toEnd();
  } finally {
    signal.removeEventListener('abort', stop);
    await child.end();
  }
}

class TrialRun {
  readonly #trial: StandaloneTrial;
  readonly #child: TrainerChild;
  readonly #observer: TrialObserver;
  readonly #signal: AbortSignal;
  #state: TrialState;

  constructor(
    trial: StandaloneTrial,
    state: TrialState,
    child: TrainerChild,
    observer: TrialObserver,
    signal: AbortSignal,
  ) {
    this.#trial = trial;
    this.#state = state;
    this.#child = child;
    this.#observer = observer;
    this.#signal = signal;
  }

  async toEnd(): Promise<TrialEnd> {
    for (const phase of this.#trial.phases) {
      const done = this.#state.done.find(({ key }) => key === phase.key);
      if (done !== undefined) {
        this.#observer.alreadyDone(phase, done);
        continue;
      }
      const stoppedAt = await this.#executePhase(phase);
      if (stoppedAt !== null) return { kind: 'stopped', phase, step: stoppedAt };
    }
    return { kind: 'completed', phases: this.#state.done };
  }

  /** @returns null when it is done, else the step where it was stopped */
  async #executePhase(phase: StandalonePhase): Promise<number | null> {
    for (;;) {
      const resume = this.#state.resumePoints.at(-1) ?? null;
      if (this.#signal.aborted) return resume?.checkpoint.step ?? 0;
      const rows = new RowFiles(this.#trial.folder, resume?.lengths ?? this.#state.lengths);
      try {
        // the files exist from here on: a resume must not take them for another trial's
        this.#save({ attempts: this.#state.attempts + 1, lengths: this.#state.lengths ?? rows.lengths });
        return await this.#follow(phase, resume, rows);
      } catch (error) {
        if (resume === null || !isDamaged(error, this.#absolute(resume.checkpoint).path)) throw error;
        this.#observer.warn(error);
        this.#save({ resumePoints: this.#state.resumePoints.slice(0, -1) });
      } finally {
        rows.close();
      }
    }
  }

  async #follow(phase: StandalonePhase, resume: ResumePoint | null, rows: RowFiles): Promise<number | null> {
    let { deviceSeconds, tokens } = resume ?? { deviceSeconds: 0, tokens: 0 };
    for await (const event of this.#child.run(this.#jobOf(phase, resume))) {
      switch (event.kind) {
        case 'segment': {
          const lengths = rows.append(phase.config.kind, event);
          deviceSeconds += event.deviceSeconds;
          tokens += event.tokens;
          if (event.checkpoint === null) break;
          const point = { checkpoint: this.#stored(event.checkpoint), lengths, deviceSeconds, tokens };
          this.#save({ resumePoints: [...this.#state.resumePoints.slice(-1), point] });
          break;
        }
        case 'completed': {
          const checkpoint = this.#state.resumePoints.at(-1)?.checkpoint;
          if (checkpoint === undefined) throw new LatentSweepError('INTERNAL', 'a phase ended without a checkpoint');
          const { analyses, ...result } = event.result;
          rows.appendAnalyses(phase.config.kind, analyses);
          const done = {
            key: phase.key,
            kind: phase.config.kind,
            checkpoint,
            result,
            deviceSeconds,
            tokens,
          };
          this.#save({ done: [...this.#state.done, done], lengths: rows.lengths, resumePoints: [] });
          break;
        }
        case 'failed':
          throw new LatentSweepError(event.code, event.sentence, event.details);
        case 'ready':
        case 'started':
        case 'progress':
        case 'stopped':
          break;
      }
      this.#observer.event(phase, event);
      if (event.kind === 'stopped') return event.step;
      // an abort that came before the phase was heard of had nothing to stop
      if (event.kind === 'started' && this.#signal.aborted) this.#child.stop();
    }
    return null;
  }

  #jobOf({ key, config, parent }: StandalonePhase, resume: ResumePoint | null): PhaseJob {
    const { device, threads, exclusiveCores, segmentMs, checkpointMs } = this.#trial;
    const { attempts, done } = this.#state;
    const before = done.find((phase) => phase.key === parent);
    return {
      ...{ phaseKey: key, attempt: attempts, config, device, threads, exclusiveCores, segmentMs, checkpointMs },
      parent: before === undefined ? null : this.#absolute(before.checkpoint),
      resume: resume === null ? null : this.#absolute(resume.checkpoint),
      workDir: join(this.#trial.folder, 'phases', attemptFolder(attempts)),
    };
  }

  /** Writes the state down, then removes checkpoints that nothing names any more. */
  #save(change: Partial<TrialState>): void {
    this.#state = { ...this.#state, ...change };
    writeTrialState(this.#trial.folder, this.#state);
    const { done, resumePoints, attempts } = this.#state;
    const named = [...done, ...resumePoints].map(({ checkpoint }) => checkpoint.path.split(sep)[1] ?? '');
    removeOthers(join(this.#trial.folder, 'phases'), new Set([...named, attemptFolder(attempts)]));
  }

  #stored(checkpoint: LocalCheckpoint): TrialCheckpoint {
    return { ...checkpoint, path: relative(this.#trial.folder, checkpoint.path) };
  }

  #absolute(checkpoint: TrialCheckpoint): LocalCheckpoint {
    return { ...checkpoint, path: join(this.#trial.folder, checkpoint.path) };
  }
}

/** Checkpoint of a done phase, where it lies. */
export function checkpointOf(folder: string, { checkpoint }: DonePhase): LocalCheckpoint {
  return { ...checkpoint, path: join(folder, checkpoint.path) };
}

const attemptFolder = (attempt: number): string => `attempt-${attempt}`;

function removeOthers(folder: string, kept: ReadonlySet<string>): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (!kept.has(name)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function freshState({ key, device, threads }: StandaloneTrial): TrialState {
  const format = 'latent-sweep-trial/2';
  return { format, trial: key, device, threads, attempts: 0, done: [], lengths: null, resumePoints: [] };
}

function checkSameTrial(state: TrialState, { key, folder, device, threads }: StandaloneTrial): void {
  const differences = [
    ...(state.trial === key ? [] : [`trial ${state.trial}, asked is ${key}`]),
    ...(state.device === device ? [] : [`device ${state.device}, asked is ${device}`]),
    // the number of threads decides the order of sums
    ...(state.threads === threads ? [] : [`threads ${state.threads}, asked is ${threads}`]),
  ];
  if (differences.length === 0) return;
  throw new LatentSweepError('CONFLICT', `${folder} belongs to ${differences.join('; ')}; give another --out`, {
    folder,
  });
}

function isDamaged(error: unknown, path: string): error is LatentSweepError {
  return error instanceof LatentSweepError && error.code === 'CHECKPOINT_DAMAGED' && error.details['path'] === path;
}
