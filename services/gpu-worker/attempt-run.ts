// Runs one attempt on its slot: brings its checkpoints, feeds the trainer, uploads each checkpoint before its segment enters the spool, and
// ends with exactly one last event, whatever happens. Rules: docs/design/architecture.md sections 2, 4 and 5.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { AttemptOverrides } from '../../workflows/domain/attempt-overrides.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { checkSegmentSize, KEPT_CHECKPOINTS } from '../../workflows/domain/record-limits.ts';
import type { StoredCheckpoint } from '../../workflows/domain/segment.ts';
import { type ArtifactStore, checkpointUri, fileError } from '../artifacts/index.ts';
import type { RunPhaseRequest } from '../gen/latentsweep/worker/v1/worker.ts';
import { machineSize } from '../machine/index.ts';
import { checkpointOfMessage, type DurableEvent } from '../rpc/index.ts';
import type { AnyPhaseConfig } from '../study/settings/index.ts';
import { haveExclusiveCores, type LocalCheckpoint, type TrainerEvent } from '../trainer/index.ts';
import type { Attempt } from './attempt.ts';
import type { CheckpointCache } from './checkpoint-cache.ts';
import { checkpointFault } from './checkpoint-fault.ts';
import { isLast } from './event-queue.ts';
import type { WorkerTimes } from './options.ts';
import type { SpoolFolder } from './spool-folder.ts';
import { StallWatch } from './stall-watch.ts';
import { patienceFor } from './step-pace.ts';
import type { SlotJob, Trainer } from './trainer.ts';
import {
  asLatentSweepError,
  completedEvent,
  failedEvent,
  liveEvent,
  segmentEvent,
  stoppedEvent,
  trainerFailure,
} from './trainer-events.ts';
import type { TrainerPool } from './trainer-pool.ts';
import type { AfterJob } from './trainer-slot.ts';

/** Waits between tries of an upload; the store may be away for a moment. */
const UPLOAD_WAITS_MS = [200, 1_000, 3_000];

/** `request` and `leave` end as stopped, `lease` as LEASE_EXPIRED, `superseded` without a word: a newer attempt has the phase. */
export type StopReason = 'request' | 'leave' | 'lease' | 'superseded';
export type StopMode = 'checkpoint' | 'now';

export interface RunNeeds {
  readonly spools: SpoolFolder;
  readonly cache: CheckpointCache;
  readonly artifacts: ArtifactStore;
  /** Folder in which each attempt has one while it runs. */
  readonly workFolder: string;
  readonly times: WorkerTimes;
  readonly log: Logger;
}

export class AttemptRun {
  readonly leaseMs: number;
  /** Resolves when its last event is recorded and its slot is free. */
  readonly done: Promise<void>;
  readonly #attempt: Attempt;
  readonly #request: RunPhaseRequest;
  readonly #config: AnyPhaseConfig;
  readonly #pool: TrainerPool;
  readonly #needs: RunNeeds;
  readonly #log: Logger;
  #trainer: Trainer | null = null;
  #stop: { readonly mode: StopMode; readonly reason: StopReason } | null = null;
  #stopTimer: NodeJS.Timeout | undefined;
  /** Ends the wait for a trainer. */
  readonly #waiting = new AbortController();
  #watch: StallWatch | null = null;
  /** Of the last segment that is recorded. */
  #recordedStep: number;
  /** Checkpoints that it starts from, as files of this disk. */
  readonly #starts: {
    readonly whose: 'own' | 'parent';
    readonly stored: StoredCheckpoint;
    readonly checkpoint: LocalCheckpoint;
  }[] = [];
  /** Hashes of its own checkpoints that are in the cache, oldest first. */
  readonly #kept: string[] = [];

  /** @param before the phase's older attempt ends first */
  constructor(
    attempt: Attempt,
    request: RunPhaseRequest,
    config: AnyPhaseConfig,
    pool: TrainerPool,
    before: Promise<void>,
    needs: RunNeeds,
  ) {
    const { phaseKey, attempt: number, slot } = attempt.id;
    this.#attempt = attempt;
    this.#request = request;
    this.#config = config;
    this.#pool = pool;
    this.#needs = needs;
    this.#log = needs.log.child({ phase: phaseKey, attempt: number, slot });
    this.leaseMs = request.leaseMs === 0n ? Number.POSITIVE_INFINITY : Number(request.leaseMs);
    this.#recordedStep = Number(request.resume?.step ?? 0n);
    this.done = before.then(() => this.#run());
  }

  /** Repeated calls are harmless; `now` after `checkpoint` hurries it. */
  stop(mode: StopMode, reason: StopReason): void {
    if (this.#stop?.mode === mode || this.#stop?.mode === 'now') return;
    this.#stop = { mode, reason: this.#stop?.reason ?? reason };
    this.#log.info({ mode, reason }, 'attempt is asked to stop');
    this.#waiting.abort();
    this.#trainer?.stop(mode);
    const { trainerGraceMs, stallMs } = this.#needs.times;
    // the step that runs may be a slow one
    const stepMs = this.#watch?.limitMs ?? stallMs;
    clearTimeout(this.#stopTimer);
    this.#stopTimer = setTimeout(
      () => this.#trainer?.kill(new LatentSweepError('STOPPED', 'the trainer did not stop in time and was killed')),
      mode === 'now' ? trainerGraceMs : stepMs,
    );
  }

  async #run(): Promise<void> {
    const began = performance.now();
    const end = await this.#work().catch((error: unknown) => failedEvent(asLatentSweepError(error)));
    clearTimeout(this.#stopTimer);
    await this.#conclude(end);
    const code = end.$case === 'failed' ? end.value.code : undefined;
    const durationMs = Math.round(performance.now() - began);
    this.#log.info({ end: end.$case, code, step: this.#recordedStep, durationMs }, 'attempt is over');
  }

  async #conclude(end: DurableEvent): Promise<void> {
    try {
      if (this.#attempt.isFenced) await this.#attempt.removeSpool();
      else await this.#attempt.record(end);
    } catch (error) {
      this.#log.warn(
        { error: String(error) },
        'the last event of an attempt could not be spooled; it is told from memory',
      );
      this.#attempt.recordInMemory(end.$case === 'failed' ? end : failedEvent(asLatentSweepError(error)));
    }
  }

  /** @returns the last event */
  async #work(): Promise<DurableEvent> {
    const { cache, spools, workFolder } = this.#needs;
    const { phaseKey, attempt } = this.#attempt.id;
    const workDir = join(workFolder, `${phaseKey}-${attempt}`);
    const take = async (stored: StoredCheckpoint | null, whose: 'own' | 'parent'): Promise<LocalCheckpoint | null> => {
      if (stored === null || this.#stop !== null) return null;
      try {
        const checkpoint = await cache.take(stored);
        this.#starts.push({ whose, stored, checkpoint });
        return checkpoint;
      } catch (error) {
        throw checkpointFault(error, whose, stored);
      }
    };
    try {
      await spools.make(this.#attempt);
      const parent = await take(checkpointOfMessage(this.#request.parent), 'parent');
      const resume = await take(checkpointOfMessage(this.#request.resume), 'own');
      await rm(workDir, { recursive: true, force: true });
      await mkdir(workDir, { recursive: true });
      return await this.#train({ ...this.#job(workDir), parent, resume });
    } catch (error) {
      throw asFileError(error, `phase ${phaseKey} could not be prepared in ${workDir}`);
    } finally {
      for (const { checkpoint } of this.#starts) cache.release(checkpoint.sha256);
      await rm(workDir, { recursive: true, force: true });
    }
  }

  async #train(job: SlotJob): Promise<DurableEvent> {
    let end: DurableEvent | null = null;
    await this.#pool.use(this.#attempt.id.slot, this.#waiting.signal, async (trainer): Promise<AfterJob> => {
      if (this.#stop !== null) return 'keep';
      const watch = new StallWatch(patienceFor(this.#config, this.#needs.times), (silentMs) => {
        const step = Number(this.#attempt.report().step);
        const sentence = `no new step for ${Math.round(silentMs)} ms after step ${step}`;
        trainer.kill(new LatentSweepError('STALLED', sentence, { step, silentMs: Math.round(silentMs) }));
      });
      this.#watch = watch;
      const onHeard = (event: TrainerEvent): void => {
        if (isLast(event)) watch.close();
        else watch.heard(event);
      };
      this.#trainer = trainer;
      let after: AfterJob = 'keep';
      try {
        for await (const event of trainer.run(job, onHeard)) {
          if (event.kind === 'failed') after = 'discard';
          end = await this.#take(event);
        }
      } catch (error) {
        if (!(error instanceof LatentSweepError && error.code === 'STOPPED')) throw error;
        end = this.#stoppedEnd();
        return 'discard';
      } finally {
        this.#trainer = null;
        this.#watch = null;
        watch.close();
      }
      return after;
    });
    if (end === null && this.#stop !== null) return this.#stoppedEnd();
    if (end === null) throw new LatentSweepError('INTERNAL', 'a trainer ended its phase without a last event');
    return end;
  }

  /** @returns the last event of the attempt, not yet recorded */
  async #take(event: TrainerEvent): Promise<DurableEvent | null> {
    switch (event.kind) {
      case 'ready':
        return null;
      case 'started':
      case 'progress':
        this.#attempt.show(liveEvent(event));
        return null;
      case 'segment': {
        if (this.#attempt.isFenced) return null;
        checkSegmentSize(event);
        const checkpoint = event.checkpoint === null ? null : await this.#upload(event.checkpoint);
        await this.#attempt.record(segmentEvent(event, checkpoint));
        this.#recordedStep = event.toStep;
        return null;
      }
      case 'completed':
        return completedEvent(event);
      case 'stopped': {
        if (this.#stop !== null) return this.#stoppedEnd();
        const sentence = `the trainer stopped after step ${this.#recordedStep}, which nobody asked it to`;
        return failedEvent(new LatentSweepError('INTERNAL', sentence, { step: this.#recordedStep }));
      }
      case 'failed':
        return failedEvent(await this.#blame(trainerFailure(event)));
    }
  }

  /** A checkpoint that the trainer cannot use: damaged where it is stored, or only here, where the next attempt fetches it again. */
  async #blame(error: LatentSweepError): Promise<LatentSweepError> {
    const start = this.#starts.find(({ checkpoint }) => checkpoint.path === error.details['path']);
    if (error.code !== 'CHECKPOINT_DAMAGED' || start === undefined) return error;
    if (await this.#needs.cache.holds(start.checkpoint)) return checkpointFault(error, start.whose, start.stored);
    return new LatentSweepError(
      'ARTIFACT_STORE',
      `${start.checkpoint.path} changed while it was read; it is fetched again`,
      {
        path: start.checkpoint.path,
      },
    );
  }

  async #upload(checkpoint: LocalCheckpoint): Promise<StoredCheckpoint> {
    const { artifacts, cache } = this.#needs;
    const { sha256, bytes, step } = checkpoint;
    const uri = checkpointUri(this.#attempt.id.phaseKey, step, sha256);
    for (const waitMs of [...UPLOAD_WAITS_MS, null]) {
      try {
        await artifacts.put(checkpoint.path, { uri, sha256, bytes });
        break;
      } catch (error) {
        const passes = error instanceof LatentSweepError && error.code === 'ARTIFACT_STORE';
        if (!passes || waitMs === null) throw error;
        this.#log.warn({ error: String(error), uri }, 'a checkpoint could not be uploaded; trying again');
        await delay(waitMs);
      }
    }
    await cache.keep(checkpoint);
    this.#kept.push(sha256);
    await cache.drop(this.#kept.splice(0, this.#kept.length - KEPT_CHECKPOINTS));
    return { uri, sha256, bytes, step };
  }

  #stoppedEnd(): DurableEvent {
    if (this.#stop?.reason !== 'lease') return stoppedEvent(this.#recordedStep);
    return failedEvent(
      new LatentSweepError(
        'LEASE_EXPIRED',
        `no orchestrator answered for ${this.leaseMs} ms; stopped at step ${this.#recordedStep}`,
        {
          leaseMs: this.leaseMs,
          step: this.#recordedStep,
        },
      ),
    );
  }

  #job(workDir: string): Omit<SlotJob, 'parent' | 'resume'> {
    const { phaseKey, attempt, threads: asked, segmentMs, checkpointMs, overrides } = this.#request;
    const bytesPerSecond = Number(this.#request.checkpointBytesPerSecond);
    const slot = this.#pool.optionsOf(this.#attempt.id.slot);
    const { device } = slot;
    const threads = asked === 0 ? slot.threads : asked;
    return {
      phaseKey,
      attempt,
      config: this.#config,
      workDir,
      device,
      threads,
      exclusiveCores: haveExclusiveCores({ trainers: this.#pool.slots, threads, cores: machineSize().cores }),
      // 0: nobody knows
      memoryBytes: slot.memoryBytes === 0 ? null : slot.memoryBytes,
      segmentMs: Number(segmentMs),
      checkpointMs: Number(checkpointMs),
      checkpointBytesPerSecond: bytesPerSecond === 0 ? null : bytesPerSecond,
      overrides: overridesOf(overrides),
    };
  }
}

function overridesOf(overrides: RunPhaseRequest['overrides']): AttemptOverrides {
  const { microbatch, dataOrder, rateFactor } = overrides ?? {};
  return {
    ...(microbatch === undefined ? {} : { microbatch }),
    ...(dataOrder === undefined ? {} : { dataOrder }),
    ...(rateFactor === undefined ? {} : { rateFactor }),
  };
}

/** Errors with an errno come from the disk; others are what they are. */
function asFileError(error: unknown, what: string): unknown {
  return error instanceof Error && 'errno' in error ? fileError(error, what) : error;
}
