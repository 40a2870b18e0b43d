// Follows one attempt on its node to its end, whoever waits for it: streams its events, has each durable one recorded before the next is
// read, and attaches again when the stream breaks while the node lives. Exactly one follower per attempt in a process; many may await
// `end`, which never rejects.

import type { Logger } from 'pino';
import { ERRORS, LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { Progress, RunPhaseRequest, RunPhaseResponse, Started } from '../../gen/latentsweep/worker/v1/worker.ts';
import type { OrchestratorStore } from '../../store/types.ts';
import { pause, StoppedError } from '../persist.ts';
import type { SegmentCommitter } from '../segment-committer.ts';
import { AttemptCalls } from './attempt-calls.ts';
import type { AttemptEnd, AttemptRef } from './attempt-end.ts';
import type { AttemptRecord } from './attempt-record.ts';
import { AttemptRecorder } from './attempt-recorder.ts';
import { nodeLost, nodeUnreached, reportOf, streamsEnd } from './failure-reports.ts';
import { LivePace } from './live-pace.ts';
import { type LiveProgress, liveProgress } from './live-progress.ts';
import type { SlotLease } from './node-session.ts';

/** What the followers of a process share. */
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
/** Streams in a row that end without an end of the attempt, or that never reach a node that renews its lease: a minute or more. */
const MOST_VAIN_STREAMS = 30;

/** Begins to follow when it is made, and goes on until the attempt has ended, `detach` is called, or the node is lost. */
export class AttemptFollower {
  readonly id: AttemptRef;
  readonly lease: SlotLease;
  /** Resolves when the end is recorded, or with `detached`; never rejects. */
  readonly end: Promise<AttemptEnd>;
  /** Newest live numbers; null before the first. */
  progress: LiveProgress | null = null;
  readonly #needs: FollowerNeeds;
  readonly #log: Logger;
  readonly #request: RunPhaseRequest;
  readonly #detach = new AbortController();
  readonly #pace = new LivePace();
  readonly #calls: AttemptCalls;
  readonly #recorder: AttemptRecorder;
  /** Of the node's process that was given the attempt here; null when it was adopted. */
  readonly #incarnation: string | null;
  #stream = new AbortController();
  #stopMode: 'checkpoint' | 'now' | null = null;
  #lostReason: string | null = null;

  /**
   * @param request as opened; when adopting only key, attempt and slot are needed, since the node knows the rest
   * @param record what is in Postgres of the attempt
   */
  constructor(id: AttemptRef, lease: SlotLease, request: RunPhaseRequest, record: AttemptRecord, needs: FollowerNeeds) {
    const { node, slot } = lease;
    const { nodeId } = node;
    const { store, committer, onCheckpoint } = needs;
    const log = needs.log.child({ phase: id.phaseKey, attempt: id.attempt, node: nodeId, slot });
    const { signal } = this.#detach;
    this.id = id;
    this.lease = lease;
    this.#request = request;
    this.#incarnation = request.configJson === '' ? null : node.node.incarnation;
    this.#needs = needs;
    this.#log = log;
    this.#calls = new AttemptCalls(id, node, signal, log);
    const recorderNeeds = {
      ...{ id, nodeId, store, committer, calls: this.#calls, onCheckpoint, signal, log },
      isStopRequested: () => this.stopping,
      mayBeLeaving: () => this.#mayBeLeaving(),
    };
    this.#recorder = new AttemptRecorder(recorderNeeds, record);
    this.end = this.#run();
  }

  /** Whether this process has asked the node to stop it. */
  get stopping(): boolean {
    return this.#stopMode !== null;
  }

  /** Asks the node to end the attempt; `end` resolves when it has. Repeated calls are harmless. */
  stop(mode: 'checkpoint' | 'now'): void {
    if (this.#stopMode === mode || this.#stopMode === 'now') return;
    this.#stopMode = mode;
    void this.#calls.requestStop(mode);
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

  async #run(): Promise<AttemptEnd> {
    const reconnect = (): void => this.#stream.abort();
    const { node } = this.lease;
    node.on('reconnect', reconnect);
    node.on('lost', reconnect);
    try {
      return await this.#follow();
    } catch (error) {
      return await this.#recorder.giveUp(error);
    } finally {
      node.off('reconnect', reconnect);
      node.off('lost', reconnect);
      this.#detach.abort();
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
        const reason = this.#lostReason ?? `node ${node.nodeId} no longer renews its lease`;
        return await this.#recorder.fail(nodeLost(reason, node.nodeId));
      }
      this.#stream = new AbortController();
      try {
        const request = { ...this.#request, afterSeq: this.#recorder.lastSeq };
        for await (const message of node.client.runPhase(request, { signal: this.#stream.signal })) {
          isReached = true;
          const end = await this.#take(message);
          if (end !== null) return end;
          // only what is recorded is progress: a node whose streams bring nothing is not asked ever faster
          if (message.event?.$case === 'segment') {
            waitMs = FIRST_WAIT_MS;
            vainStreams = 0;
          }
        }
        isReached = true;
        vainStreams += 1;
        if (vainStreams === MOST_VAIN_STREAMS) return await this.#recorder.fail(streamsEnd(node.nodeId, vainStreams));
      } catch (error) {
        if (error instanceof StoppedError) throw error;
        const end = this.#stream.signal.aborted ? null : await this.#refusal(error);
        if (end !== null) return end;
        isReached ||= !isUnreached(error);
        if (!isReached) vainStreams += 1;
        if (!isReached && vainStreams === MOST_VAIN_STREAMS) {
          return await this.#recorder.fail(nodeUnreached(node.nodeId, node.node.address, error));
        }
        this.#log.info({ error: String(error) }, 'stream of an attempt broke; attaching again');
      } finally {
        this.#stream.abort();
      }
      await pause(waitMs, this.#detach.signal);
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    }
  }

  /** Only what the stream itself throws is worth another stream: an event that cannot be recorded comes again with the next. */
  async #take({ event, seq }: RunPhaseResponse): Promise<AttemptEnd | null> {
    if (event === undefined) return null;
    if (event.$case !== 'started' && event.$case !== 'progress') return await this.#recorder.take(event, seq);
    await this.#show(event.value);
    return null;
  }

  /** @returns how the attempt ended when the node's answer says that it cannot go on; null when attaching again may help */
  async #refusal(error: unknown): Promise<AttemptEnd | null> {
    if (!(error instanceof LatentSweepError)) return null;
    if (error.code === 'FENCED') return { kind: 'fenced' };
    // the stream itself broke, or the node is starting
    if (ERRORS[error.code].failure === 'node_lost') return null;
    const { nodeId } = this.lease.node;
    if (error.code !== 'NOT_FOUND') return await this.#recorder.fail(reportOf(error));
    return await this.#recorder.fail(nodeLost(`node ${nodeId} does not know the attempt`, nodeId));
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

  /** Only of the process that was given the attempt here, and goes on, is it known that nobody asked it to stop and that it does not leave. */
  #mayBeLeaving(): boolean {
    const { node } = this.lease;
    return node.leaving || this.#incarnation === null || node.node.incarnation !== this.#incarnation;
  }
}

/** Whether the node itself has not answered; one without a free slot, or that is starting, has. */
function isUnreached(error: unknown): boolean {
  return (
    error instanceof LatentSweepError && ['NODE_LOST', 'UNAUTHENTICATED', 'PERMISSION_DENIED'].includes(error.code)
  );
}
