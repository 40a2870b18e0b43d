// Follows one attempt on its node to its end, whoever waits for it: streams its events, judges and commits each durable one before it is
// acknowledged, re-attaches when the stream breaks while the node lives. An event that is refused ends the attempt: asking for it again would
// bring it again. Exactly one follower per attempt in a process; many may await `end`, which never rejects.

import type { Logger } from 'pino';
import { ERRORS, LatentSweepError } from '../../../workflows/domain/errors.ts';
import {
  type Failed,
  type Progress,
  type RunPhaseRequest,
  type RunPhaseResponse,
  type Segment,
  type Started,
  StopMode,
} from '../../gen/latentsweep/worker/v1/worker.ts';
import { segmentOfMessage } from '../../rpc/index.ts';
import type { FailureReport, OrchestratorStore } from '../../store/types.ts';
import { pause, persist, StoppedError } from '../persist.ts';
import type { SegmentCommitter } from '../segment-committer.ts';
import { type AttemptRecord, afterSegment, checkCompleted } from './attempt-record.ts';
import { nodeLost, nodeUnreached, reportOf, reportOfNode, stoppedByNode, streamsEnd } from './failure-reports.ts';
import { LivePace } from './live-pace.ts';
import { type LiveProgress, liveProgress } from './live-progress.ts';
import type { SlotLease } from './node-session.ts';

export interface AttemptRef {
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

export interface FollowerNeeds {
  readonly store: OrchestratorStore;
  readonly committer: SegmentCommitter;
  /** Live numbers for Postgres; never results. */
  readonly onProgress: (id: AttemptRef, progress: LiveProgress) => void;
  /** A checkpoint of the phase is committed, or the phase is finished: older ones may not be needed any more. */
  readonly onCheckpoint: (phaseId: number) => void;
  readonly log: Logger;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;
const CALL_TIMEOUT_MS = 10_000;
/** Streams in a row that end without an end of the attempt, or that never reach a node that renews its lease: a minute or more. */
const MOST_VAIN_STREAMS = 30;
/** After a stop request the node may write a checkpoint; then the attempt is fenced by the store and its slot is given up. */
const STOP_TIMEOUT_MS = 10 * 60_000;

export class AttemptFollower {
  readonly id: AttemptRef;
  readonly lease: SlotLease;
  readonly end: Promise<AttemptEnd>;
  progress: LiveProgress | null = null;
  readonly #needs: FollowerNeeds;
  readonly #log: Logger;
  readonly #request: RunPhaseRequest;
  readonly #detach = new AbortController();
  readonly #pace = new LivePace();
  /** Of the node's process that was given the attempt here; null when it was adopted. */
  readonly #incarnation: string | null;
  #stream = new AbortController();
  #record: AttemptRecord;
  #stopMode: 'checkpoint' | 'now' | null = null;
  #lostReason: string | null = null;

  /**
   * @param request as opened; when adopting only key, attempt and slot are needed, since the node knows the rest
   * @param record what is in Postgres of the attempt
   */
  constructor(id: AttemptRef, lease: SlotLease, request: RunPhaseRequest, record: AttemptRecord, needs: FollowerNeeds) {
    this.id = id;
    this.lease = lease;
    this.#request = request;
    this.#incarnation = request.configJson === '' ? null : lease.node.node.incarnation;
    this.#record = record;
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
      return await this.#giveUp(error);
    } finally {
      node.off('reconnect', reconnect);
      node.off('lost', reconnect);
      this.#detach.abort();
    }
  }

  /** Never rejects: when not even the failure can be recorded the attempt stays open, and the retry of its activity supersedes it. */
  async #giveUp(error: unknown): Promise<AttemptEnd> {
    if (error instanceof StoppedError) return { kind: 'detached' };
    this.#log.error({ error: String(error) }, 'an attempt is given up');
    try {
      return await this.#fail(reportOf(error));
    } catch (second) {
      if (!(second instanceof StoppedError)) this.#log.error({ error: String(second) }, 'a failure was not recorded');
      return { kind: 'detached' };
    }
  }

  async #follow(): Promise<AttemptEnd> {
    const { node } = this.lease;
    // an adopted attempt was reached by whoever opened it
    let isReached = this.#incarnation === null;
    let vainStreams = 0;
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
          { ...this.#request, afterSeq: this.#record.lastSeq },
          { signal: this.#stream.signal },
        );
        for await (const message of messages) {
          isReached = true;
          const end = await this.#takeOrGiveUp(message);
          if (end !== null) return end;
          // only what is recorded is progress: a node whose streams bring nothing is not asked ever faster
          if (message.event?.$case === 'segment') {
            waitMs = FIRST_WAIT_MS;
            vainStreams = 0;
          }
        }
        isReached = true;
        vainStreams += 1;
        if (vainStreams === MOST_VAIN_STREAMS) return await this.#fail(streamsEnd(node.nodeId, vainStreams));
      } catch (error) {
        if (error instanceof StoppedError) throw error;
        const end = this.#stream.signal.aborted ? null : await this.#refusal(error);
        if (end !== null) return end;
        isReached ||= !isUnreached(error);
        if (!isReached) vainStreams += 1;
        if (!isReached && vainStreams === MOST_VAIN_STREAMS) {
          return await this.#fail(nodeUnreached(node.nodeId, node.node.address, error));
        }
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

  /** Only what the stream itself throws is worth another stream: an event that cannot be recorded comes again with the next. */
  async #takeOrGiveUp(message: RunPhaseResponse): Promise<AttemptEnd | null> {
    try {
      return await this.#take(message);
    } catch (error) {
      const end = await this.#giveUp(error);
      if (end.kind === 'failed') {
        this.#stopNow();
        if (end.report.code === 'EVENT_REFUSED') await this.#noteRefusal(end.report);
      }
      return end;
    }
  }

  async #take({ event, seq }: RunPhaseResponse): Promise<AttemptEnd | null> {
    if (event === undefined) return null;
    switch (event.$case) {
      case 'started':
      case 'progress':
        await this.#show(event.value);
        return null;
      case 'segment':
        return await this.#commit(seq, event.value);
      case 'completed':
        return await this.#complete(seq, event.value.resultJson);
      case 'stopped':
        return await this.#stopped(seq);
      case 'failed':
        return await this.#failed(seq, event.value);
    }
  }

  async #show(event: Started | Progress): Promise<void> {
    const progress = liveProgress(event);
    if (progress !== null) {
      this.progress = progress;
      this.#needs.onProgress(this.id, progress);
    }
    const waitMs = this.#pace.next(performance.now());
    if (waitMs > 0) await pause(waitMs, this.#stream.signal);
  }

  async #commit(seq: bigint, segment: Segment): Promise<AttemptEnd | null> {
    const next = await this.#judge(seq, (record) => afterSegment(record, seq, segment));
    if (next !== 'recorded') {
      const { phaseId, attempt } = this.id;
      const outcome = await this.#needs.committer.commit({ phaseId, attempt, seq, ...segmentOfMessage(segment) });
      if (outcome === 'fenced') return this.#fenced();
      this.#record = next;
      if (segment.checkpoint !== undefined) this.#needs.onCheckpoint(phaseId);
    }
    await this.#acknowledge(seq);
    return null;
  }

  async #complete(seq: bigint, resultJson: string): Promise<AttemptEnd> {
    await this.#judge(seq, (record) => checkCompleted(record, seq));
    const { phaseId, attempt } = this.id;
    const outcome = await this.#persist(() => this.#needs.store.completePhase(phaseId, attempt, seq, resultJson));
    if (outcome === 'fenced') return this.#fenced();
    this.#needs.onCheckpoint(phaseId);
    await this.#acknowledge(seq);
    return { kind: 'finished' };
  }

  async #stopped(seq: bigint): Promise<AttemptEnd> {
    if (this.#stopMode === null) {
      const end = await this.#fail(stoppedByNode(this.lease.node.nodeId, this.#mayBeLeaving()));
      await this.#acknowledge(seq);
      return end;
    }
    const { phaseId, attempt } = this.id;
    await this.#persist(() => this.#needs.store.stopAttempt(phaseId, attempt));
    await this.#acknowledge(seq);
    return { kind: 'stopped' };
  }

  /** Only of the process that was given the attempt here, and goes on, is it known that nobody asked it to stop and that it does not leave. */
  #mayBeLeaving(): boolean {
    const { node } = this.lease;
    return node.leaving || this.#incarnation === null || node.node.incarnation !== this.#incarnation;
  }

  async #failed(seq: bigint, event: Failed): Promise<AttemptEnd> {
    const end = await this.#fail(reportOfNode(event));
    await this.#acknowledge(seq);
    return end;
  }

  /**
   * What does not follow the record here may follow the newest one, or be in it: another replica records on until it has handed the node over.
   *
   * @throws LatentSweepError EVENT_REFUSED
   */
  async #judge<T>(seq: bigint, rule: (record: AttemptRecord) => T): Promise<T | 'recorded'> {
    try {
      return rule(this.#record);
    } catch (error) {
      const { phaseId, attempt } = this.id;
      const newest = await this.#persist(() => this.#needs.store.attemptRecord(phaseId, attempt));
      if (newest.lastSeq <= this.#record.lastSeq) throw error;
      this.#record = { ...newest, names: this.#record.names };
      return seq <= newest.lastSeq ? 'recorded' : rule(this.#record);
    }
  }

  /** For the people who look at the node; its failed attempt is what counts towards quarantine. */
  async #noteRefusal({ message }: FailureReport): Promise<void> {
    const { phaseKey, attempt } = this.id;
    try {
      const details = { phase: phaseKey, attempt, reason: message };
      await this.#needs.store.nodeEvent(this.lease.node.nodeId, 'event_refused', details);
    } catch (error) {
      this.#log.info({ error: String(error) }, 'a refused event was not noted at its node');
    }
  }

  #fenced(): AttemptEnd {
    this.#log.info('a newer attempt owns the phase; this one is ended');
    this.#stopNow();
    return { kind: 'fenced' };
  }

  /** Nobody wants its events any more; what is left in its spool is dropped when the node reports it. */
  #stopNow(): void {
    const { phaseKey, attempt } = this.id;
    void this.lease.node.client
      .stopPhase({ phaseKey, attempt, mode: StopMode.NOW }, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) })
      .catch((error: unknown) =>
        this.#log.info({ error: String(error) }, 'an ended attempt could not be stopped; its node refuses it later'),
      );
  }

  async #fail(report: FailureReport): Promise<AttemptEnd> {
    const { phaseId, attempt } = this.id;
    await this.#persist(() => this.#needs.store.failAttempt(phaseId, attempt, report));
    this.#log.info({ code: report.code, failure: report.failure }, 'attempt failed');
    return { kind: 'failed', report };
  }

  /** Only after the event is in Postgres. A lost acknowledgement costs a replay, which the store recognises by `seq`. */
  async #acknowledge(seq: bigint): Promise<void> {
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

/** Whether the node itself has not answered; one without a free slot, or that is starting, has. */
function isUnreached(error: unknown): boolean {
  return (
    error instanceof LatentSweepError && ['NODE_LOST', 'UNAUTHENTICATED', 'PERMISSION_DENIED'].includes(error.code)
  );
}
