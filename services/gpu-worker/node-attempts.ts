// All attempts of the node, one per phase: starts, fences, stops and forgets them. The rules of WorkerService (proto/) are here.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { isKey } from '../../workflows/domain/ids.ts';
import type { AttemptReport, RunPhaseRequest } from '../gen/latentsweep/worker/v1/worker.ts';
import { type AnyPhaseConfig, anyPhaseConfigSchema } from '../study/settings/index.ts';
import type { Attempt } from './attempt.ts';
import { AttemptRun, type RunNeeds, type StopMode, type StopReason } from './attempt-run.ts';
import { SettledAttempts } from './settled-attempts.ts';
import type { SlotDevice } from './trainer.ts';
import type { TrainerPool } from './trainer-pool.ts';

interface Entry {
  readonly attempt: Attempt;
  /** null = of a former process. */
  readonly run: AttemptRun | null;
}

export class NodeAttempts {
  readonly #byPhase = new Map<string, Entry>();
  readonly #settled = new SettledAttempts();
  readonly #pool: TrainerPool;
  readonly #needs: RunNeeds;
  readonly #changes = new Set<() => void>();
  #isLeaving = false;

  constructor(pool: TrainerPool, recovered: readonly Attempt[], needs: RunNeeds) {
    this.#pool = pool;
    this.#needs = needs;
    for (const attempt of recovered) this.#byPhase.set(attempt.id.phaseKey, { attempt, run: null });
  }

  reports(): AttemptReport[] {
    return [...this.#byPhase.values()].map(({ attempt }) => attempt.report());
  }

  /**
   * The attempt that is known, or a new one, which begins at once.
   *
   * @throws LatentSweepError FENCED for an older attempt; NOT_FOUND when it is unknown and cannot begin here; NO_SLOT while another phase has
   * the slot; CONFIG_INVALID
   */
  run(request: RunPhaseRequest): Attempt {
    const { phaseKey, attempt: number } = request;
    const known = this.#byPhase.get(phaseKey);
    const newest = Math.max(known?.attempt.id.attempt ?? 0, this.#settled.newest(phaseKey));
    if (newest > number) throw fenced(phaseKey, number, newest);
    if (known?.attempt.id.attempt === number) return known.attempt;
    const { slot } = request;
    if (request.configJson === '' || newest === number || slot >= this.#pool.places || this.#isLeaving) {
      throw new LatentSweepError('NOT_FOUND', whyNotHere(request, newest, this.#pool.places, this.#isLeaving), {
        phaseKey,
        attempt: number,
      });
    }
    const config = parseConfig(request);
    checkDevice(config, this.#pool.optionsOf(slot).device, phaseKey);
    for (const { attempt } of this.#byPhase.values()) {
      if (attempt.id.slot !== slot || attempt.isOver || attempt === known?.attempt) continue;
      throw new LatentSweepError('NO_SLOT', `slot ${slot} runs phase ${attempt.id.phaseKey}`, { slot });
    }
    const before = known === undefined ? Promise.resolve() : this.#supersede(known);
    const attempt = this.#needs.spools.attempt({ phaseKey, attempt: number, slot }, Number(request.resume?.step ?? 0n));
    const run = new AttemptRun(attempt, request, config, this.#pool, before, this.#needs);
    this.#byPhase.set(phaseKey, { attempt, run });
    void run.done.then(() => this.#changed());
    return attempt;
  }

  async acknowledge(phaseKey: string, number: number, seq: bigint): Promise<void> {
    const entry = this.#byPhase.get(phaseKey);
    if (entry?.attempt.id.attempt !== number) return;
    if (!(await entry.attempt.acknowledge(seq))) return;
    if (this.#byPhase.get(phaseKey) === entry) this.#byPhase.delete(phaseKey);
    this.#settled.add(phaseKey, number);
    await entry.attempt.removeSpool();
    this.#changed();
  }

  /** @returns whether the attempt was running @throws LatentSweepError FENCED when a newer one is known */
  stop(phaseKey: string, number: number, mode: StopMode): boolean {
    const entry = this.#byPhase.get(phaseKey);
    const known = entry?.attempt.id.attempt ?? 0;
    if (known > number) throw fenced(phaseKey, number, known);
    if (entry === undefined || known !== number || entry.attempt.isOver) return false;
    entry.run?.stop(mode, 'request');
    return true;
  }

  /** @param silentMs for how long no orchestrator has answered */
  stopOverdue(silentMs: number): void {
    for (const run of this.#running()) if (silentMs >= run.leaseMs) run.stop('checkpoint', 'lease');
  }

  /** No new attempts; running ones stop with a checkpoint. */
  leave(): void {
    this.#isLeaving = true;
    this.#stopAll('checkpoint', 'leave');
  }

  /** Resolves with true when every attempt is over and told in full, with false after `withinMs`. */
  async settled(withinMs: number): Promise<boolean> {
    const deadlineMs = performance.now() + withinMs;
    while (this.#byPhase.size > 0) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) return false;
      await this.#nextChange(leftMs);
    }
    return true;
  }

  /** After it the spools are closed; what is not acknowledged is told after the next start. */
  async close(): Promise<void> {
    const runs = this.#running();
    this.#stopAll('now', 'leave');
    await Promise.all(runs.map((run) => run.done));
    await Promise.all([...this.#byPhase.values()].map(({ attempt }) => attempt.closeSpool()));
  }

  async #supersede({ attempt, run }: Entry): Promise<void> {
    attempt.fence();
    run?.stop('now', 'superseded');
    await run?.done;
    await attempt.removeSpool();
  }

  #stopAll(mode: StopMode, reason: StopReason): void {
    for (const run of this.#running()) run.stop(mode, reason);
  }

  #running(): readonly AttemptRun[] {
    return [...this.#byPhase.values()].flatMap(({ attempt, run }) => (run === null || attempt.isOver ? [] : [run]));
  }

  #changed(): void {
    for (const listener of [...this.#changes]) listener();
  }

  #nextChange(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#changes.delete(done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      this.#changes.add(done);
    });
  }
}

function parseConfig(request: RunPhaseRequest): AnyPhaseConfig {
  const { phaseKey, configJson } = request;
  if (!isKey(phaseKey)) {
    throw new LatentSweepError('CONFIG_INVALID', `phase_key is "${phaseKey}"; allowed are 32 hex digits`, { phaseKey });
  }
  let json: unknown;
  try {
    json = JSON.parse(configJson);
  } catch (error) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `the config of phase ${phaseKey} is no JSON: ${String(error)}`,
      { phaseKey },
      error,
    );
  }
  const parsed = anyPhaseConfigSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const key = issue?.path.join('.') ?? '';
  throw new LatentSweepError(
    'CONFIG_INVALID',
    `the config of phase ${phaseKey}: ${key}: ${issue?.message ?? 'unknown'}`,
    { phaseKey, key },
  );
}

/** A simulated number never comes from a slot that trains, and none is simulated where training was asked for. */
function checkDevice({ kind }: AnyPhaseConfig, device: SlotDevice, phaseKey: string): void {
  if ((kind === 'simulate') === (device === 'simulate')) return;
  throw new LatentSweepError(
    'CONFIG_INVALID',
    `phase ${phaseKey} is of kind ${kind}, but this node's device is ${device}: worker.trainer must be ${kind === 'simulate' ? 'simulate' : 'engine'} here`,
    { phaseKey, device, key: 'worker.trainer' },
  );
}

function fenced(phaseKey: string, number: number, newest: number): LatentSweepError {
  return new LatentSweepError('FENCED', `attempt ${number} of phase ${phaseKey} is older than ${newest}`, {
    attempt: number,
    newest,
  });
}

function whyNotHere(request: RunPhaseRequest, newest: number, slots: number, isLeaving: boolean): string {
  const { phaseKey, attempt, slot } = request;
  if (newest === attempt) return `attempt ${attempt} of phase ${phaseKey} is over and was told in full`;
  if (request.configJson === '') return `attempt ${attempt} of phase ${phaseKey} is not known here`;
  if (isLeaving) return `the node is leaving; phase ${phaseKey} must run elsewhere`;
  return `slot ${slot} does not exist; this node has ${slots}`;
}
