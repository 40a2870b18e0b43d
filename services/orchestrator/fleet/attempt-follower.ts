// Follows one attempt on its node to its end, whoever waits for it: streams its events, commits each durable one before it is
// acknowledged, re-attaches when the stream breaks while the node lives. Exactly one follower per attempt in a process; many may await `end`.

import type { Logger } from 'pino';
import { ERRORS, type ErrorCode, LatentSweepError } from '../../../workflows/domain/errors.ts';
import { type RunPhaseRequest, type RunPhaseResponse, StopMode } from '../../gen/latentsweep/worker/v1/worker.ts';
import type { FailureReport, OrchestratorStore } from '../../store/types.ts';
import { pause, persist, StoppedError } from '../persist.ts';
import type { SegmentCommitter } from '../segment-committer.ts';
import { segmentCommit } from './attempt-events.ts';
import type { SlotLease } from './node-session.ts';

export interface AttemptId {
  readonly phaseId: number;
  readonly phaseKey: string;
  readonly attempt: number;
}

export type AttemptEnd =
  | { readonly kind: 'finished' }
  /** On request; everything up to its last commit is kept. */
  | { readonly kind: 'stopped' }
  /** A newer attempt owns the phase. */
  | { readonly kind: 'fenced' }
  | { readonly kind: 'failed'; readonly report: FailureReport }
  /** This replica no longer follows it (shutdown, node passed on); the attempt may go on. */
  | { readonly kind: 'detached' };

export interface LiveProgress {
  readonly step: number;
  readonly totalSteps: number;
  readonly lossNats: number | null;
  readonly tokensPerSecond: number;
}

export interface FollowerNeeds {
  readonly store: OrchestratorStore;
  readonly committer: SegmentCommitter;
  /** Live numbers for Postgres; never results. */
  readonly onProgress: (id: AttemptId, progress: LiveProgress) => void;
  /** A checkpoint of the phase is committed, or the phase is finished: older ones may not be needed any more. */
  readonly onCheckpoint: (phaseId: number) => void;
  readonly log: Logger;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;
const CALL_TIMEOUT_MS = 10_000;
/** After a stop request the node may write a checkpoint; then the attempt is fenced by the store and its slot is given up. */
const STOP_TIMEOUT_MS = 10 * 60_000;

export class AttemptFollower {
  readonly id: AttemptId;
  readonly lease: SlotLease;
  readonly end: Promise<AttemptEnd>;
  progress: LiveProgress | null = null;
  readonly #needs: FollowerNeeds;
  readonly #log: Logger;
  readonly #request: RunPhaseRequest;
  readonly #detach = new AbortController();
  #stream = new AbortController();
  #seq: bigint;
  #stopMode: 'checkpoint' | 'now' | null = null;
  #lostReason: string | null = null;

  /** @param request as opened; when adopting only key, attempt and slot are needed, since the node knows the rest */
  constructor(id: AttemptId, lease: SlotLease, request: RunPhaseRequest, needs: FollowerNeeds) {
    this.id = id;
    this.lease = lease;
    this.#request = request;
    this.#seq = request.afterSeq;
    this.#needs = needs;
    this.#log = needs.log.child({ phase: id.phaseKey, attempt: id.attempt, node: lease.node.nodeId, slot: lease.slot });
    this.end = this.#run();
  }

  get stopping(): boolean {
    return this.#stopMode !== null;
  }

  /** Asks the node to end the attempt; `end` tells when it has. Repeated calls are harmless. */
  stop(mode: 'checkpoint' | 'now'): void {
    if (this.#stopMode === mode || this.#stopMode === 'now') return;
    this.#stopMode = mode;
    void this.#askToStop(mode);
  }

  /** Stops following; the attempt itself goes on. */
  detach(): void {
    this.#detach.abort();
    this.#stream.abort();
  }

  /** The node came back without it. */
  lose(reason: string): void {
    this.#lostReason = reason;
    this.#stream.abort();
  }

  async #askToStop(mode: 'checkpoint' | 'now'): Promise<void> {
    const deadlineMs = performance.now() + STOP_TIMEOUT_MS;
    const request = {
      phaseKey: this.id.phaseKey,
      attempt: this.id.attempt,
      mode: mode === 'now' ? StopMode.NOW : StopMode.CHECKPOINT,
    };
    while (!this.#detach.signal.aborted && !this.lease.node.lost && performance.now() < deadlineMs) {
      try {
        await this.lease.node.client.stopPhase(request, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
        return;
      } catch (error) {
        this.#log.warn({ error: String(error) }, 'the node did not take the stop request; asking again');
      }
      await pause(500, this.#detach.signal);
    }
  }

  async #run(): Promise<AttemptEnd> {
    const reconnect = (): void => this.#stream.abort();
    const { node } = this.lease;
    node.on('reconnect', reconnect);
    node.on('lost', reconnect);
    try {
      return await this.#follow();
    } catch (error) {
      if (error instanceof StoppedError) return { kind: 'detached' };
      this.#log.error({ error: String(error) }, 'following an attempt failed');
      return await this.#fail(reportOf(error));
    } finally {
      node.off('reconnect', reconnect);
      node.off('lost', reconnect);
      this.#detach.abort();
    }
  }

  async #follow(): Promise<AttemptEnd> {
    const { node } = this.lease;
    for (let waitMs = FIRST_WAIT_MS; ; ) {
      if (this.#detach.signal.aborted) return { kind: 'detached' };
      if (this.#lostReason !== null || node.lost) {
        return await this.#fail(
          nodeLost(this.#lostReason ?? `node ${node.nodeId} no longer renews its lease`, node.nodeId),
        );
      }
      this.#stream = new AbortController();
      try {
        const messages = node.client.runPhase(
          { ...this.#request, afterSeq: this.#seq },
          { signal: this.#stream.signal },
        );
        for await (const message of messages) {
          waitMs = FIRST_WAIT_MS;
          const end = await this.#take(message);
          if (end !== null) return end;
        }
      } catch (error) {
        if (error instanceof StoppedError) throw error;
        const end = this.#stream.signal.aborted ? null : await this.#refusal(error);
        if (end !== null) return end;
        this.#log.info({ error: String(error) }, 'stream of an attempt broke; attaching again');
      } finally {
        this.#stream.abort();
      }
      await pause(waitMs, this.#detach.signal);
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    }
  }

  /** @returns how the attempt ended when the node's answer says that it cannot go on; null when attaching again may help */
  async #refusal(error: unknown): Promise<AttemptEnd | null> {
    if (!(error instanceof LatentSweepError)) return null;
    if (error.code === 'FENCED') return { kind: 'fenced' };
    // the stream itself broke, or the node is starting
    if (ERRORS[error.code].failure === 'node_lost') return null;
    if (error.code === 'NOT_FOUND') {
      return await this.#fail(
        nodeLost(`node ${this.lease.node.nodeId} does not know the attempt`, this.lease.node.nodeId),
      );
    }
    return await this.#fail(reportOf(error));
  }

  async #take(message: RunPhaseResponse): Promise<AttemptEnd | null> {
    const { event, seq } = message;
    const { phaseId, attempt } = this.id;
    if (event === undefined) return null;
    switch (event.$case) {
      case 'started': {
        this.#setProgress({
          step: Number(event.value.step),
          totalSteps: Number(event.value.totalSteps),
          lossNats: null,
          tokensPerSecond: 0,
        });
        await this.#acknowledge(seq);
        return null;
      }
      case 'progress': {
        const { step, totalSteps, lossNats, tokensPerSecond } = event.value;
        this.#setProgress({
          step: Number(step),
          totalSteps: Number(totalSteps),
          lossNats: lossNats ?? null,
          tokensPerSecond,
        });
        return null;
      }
      case 'segment': {
        const outcome = await this.#needs.committer.commit(segmentCommit(phaseId, attempt, seq, event.value));
        if (outcome === 'fenced') return this.#fenced();
        if (event.value.checkpoint !== undefined) this.#needs.onCheckpoint(phaseId);
        await this.#acknowledge(seq);
        return null;
      }
      case 'completed': {
        const outcome = await this.#persist(() =>
          this.#needs.store.completePhase(phaseId, attempt, seq, event.value.resultJson),
        );
        if (outcome === 'fenced') return this.#fenced();
        this.#needs.onCheckpoint(phaseId);
        await this.#acknowledge(seq);
        return { kind: 'finished' };
      }
      case 'stopped': {
        if (this.#stopMode === null) {
          // the node is leaving: not the trial's fault, it goes on elsewhere
          const end = await this.#fail({
            code: 'STOPPED',
            failure: 'preempted',
            message: 'The node stopped the attempt.',
            details: {},
          });
          await this.#acknowledge(seq);
          return end;
        }
        await this.#persist(() => this.#needs.store.stopAttempt(phaseId, attempt));
        await this.#acknowledge(seq);
        return { kind: 'stopped' };
      }
      case 'failed': {
        const { code, message: sentence, detailsJson } = event.value;
        const known: ErrorCode = isErrorCode(code) ? code : 'INTERNAL';
        const end = await this.#fail({
          code: known,
          failure: ERRORS[known].failure,
          message: sentence,
          details: parseDetails(detailsJson),
        });
        await this.#acknowledge(seq);
        return end;
      }
    }
  }

  #setProgress(progress: LiveProgress): void {
    this.progress = progress;
    this.#needs.onProgress(this.id, progress);
  }

  #fenced(): AttemptEnd {
    this.#log.info('a newer attempt owns the phase; this one is ended');
    const { phaseKey, attempt } = this.id;
    void this.lease.node.client
      .stopPhase({ phaseKey, attempt, mode: StopMode.NOW }, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) })
      .catch((error: unknown) =>
        this.#log.info({ error: String(error) }, 'the fenced attempt could not be stopped; its node refuses it later'),
      );
    return { kind: 'fenced' };
  }

  async #fail(report: FailureReport): Promise<AttemptEnd> {
    const { phaseId, attempt } = this.id;
    await this.#persist(() => this.#needs.store.failAttempt(phaseId, attempt, report));
    this.#log.info({ code: report.code, failure: report.failure }, 'attempt failed');
    return { kind: 'failed', report };
  }

  /** Only after the event is in Postgres. A lost acknowledgement costs a replay, which the store recognises by `seq`. */
  async #acknowledge(seq: bigint): Promise<void> {
    if (seq === 0n) return;
    this.#seq = seq > this.#seq ? seq : this.#seq;
    try {
      const { phaseKey, attempt } = this.id;
      await this.lease.node.client.acknowledge(
        { phaseKey, attempt, seq },
        { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) },
      );
    } catch (error) {
      this.#log.info({ error: String(error) }, 'acknowledgement did not reach the node');
    }
  }

  #persist<T>(write: () => Promise<T>): Promise<T> {
    return persist(write, this.#detach.signal, this.#log);
  }
}

export function nodeLost(message: string, nodeId: string): FailureReport {
  return { code: 'NODE_LOST', failure: 'node_lost', message, details: { node: nodeId } };
}

function reportOf(error: unknown): FailureReport {
  if (error instanceof LatentSweepError) {
    return { code: error.code, failure: error.failure, message: error.message, details: error.details };
  }
  return { code: 'INTERNAL', failure: 'code_error', message: String(error), details: {} };
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

function parseDetails(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return { details: json };
  }
}
