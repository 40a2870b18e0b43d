// Records the durable events of one attempt: each is checked against what is in Postgres, written, and only then acknowledged. An event
// that is refused ends the attempt: asking for it again would bring it again. It knows nothing of streams.

import type { Logger } from 'pino';
import type { Failed, Segment } from '../../gen/latentsweep/worker/v1/worker.ts';
import { type DurableEvent, segmentOfMessage } from '../../rpc/index.ts';
import type { FailureReport, OrchestratorStore } from '../../store/types.ts';
import { persist, StoppedError } from '../persist.ts';
import type { SegmentCommitter } from '../segment-committer.ts';
import type { AttemptCalls } from './attempt-calls.ts';
import type { AttemptEnd, AttemptRef } from './attempt-end.ts';
import { type AttemptRecord, afterSegment, checkCompleted } from './attempt-record.ts';
import { reportOf, reportOfNode, stoppedByNode } from './failure-reports.ts';

/** What recording one attempt takes. */
export interface RecorderNeeds {
  readonly id: AttemptRef;
  readonly nodeId: string;
  readonly store: OrchestratorStore;
  readonly committer: SegmentCommitter;
  readonly calls: AttemptCalls;
  /** A checkpoint of the phase is committed, or the phase is finished: older ones may not be needed any more. */
  readonly onCheckpoint: (phaseId: number) => void;
  /** Whether this process has asked the node to stop the attempt. */
  readonly isStopRequested: () => boolean;
  /** Whether the node may stop the attempt unasked because it leaves. */
  readonly mayBeLeaving: () => boolean;
  /** Writes wait for Postgres until it fires. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** One per followed attempt; events go in one at a time, in the order of the stream. */
export class AttemptRecorder {
  readonly #needs: RecorderNeeds;
  #record: AttemptRecord;

  /** @param record what is in Postgres of the attempt */
  constructor(needs: RecorderNeeds, record: AttemptRecord) {
    this.#needs = needs;
    this.#record = record;
  }

  /** Number of the last recorded event; the stream goes on after it. */
  get lastSeq(): bigint {
    return this.#record.lastSeq;
  }

  /** Never rejects. @returns how the attempt ended, null when it goes on */
  async take(event: DurableEvent, seq: bigint): Promise<AttemptEnd | null> {
    try {
      return await this.#recorded(event, seq);
    } catch (error) {
      const end = await this.giveUp(error);
      if (end.kind === 'failed') {
        this.#needs.calls.stopNow();
        if (end.report.code === 'EVENT_REFUSED') await this.#noteRefusal(end.report);
      }
      return end;
    }
  }

  /** Never rejects: when not even the failure can be recorded the attempt stays open, and the retry of its activity supersedes it. */
  async giveUp(error: unknown): Promise<AttemptEnd> {
    const { log } = this.#needs;
    if (error instanceof StoppedError) return { kind: 'detached' };
    log.error({ error: String(error) }, 'an attempt is given up');
    try {
      return await this.fail(reportOf(error));
    } catch (second) {
      if (!(second instanceof StoppedError)) log.error({ error: String(second) }, 'a failure was not recorded');
      return { kind: 'detached' };
    }
  }

  /** Ends the attempt as failed. @throws StoppedError when the follower is detached while Postgres is away */
  async fail(report: FailureReport): Promise<AttemptEnd> {
    const { id, store, log } = this.#needs;
    await this.#persist(() => store.failAttempt(id.phaseId, id.attempt, report));
    log.info({ code: report.code, failure: report.failure }, 'attempt failed');
    return { kind: 'failed', report };
  }

  async #recorded(event: DurableEvent, seq: bigint): Promise<AttemptEnd | null> {
    switch (event.$case) {
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

  async #commit(seq: bigint, segment: Segment): Promise<AttemptEnd | null> {
    const { id, committer, calls, onCheckpoint } = this.#needs;
    const next = await this.#judge(seq, (record) => afterSegment(record, seq, segment));
    if (next !== 'recorded') {
      const outcome = await committer.commit({
        phaseId: id.phaseId,
        attempt: id.attempt,
        seq,
        ...segmentOfMessage(segment),
      });
      if (outcome === 'fenced') return this.#fenced();
      this.#record = next;
      if (segment.checkpoint !== undefined) onCheckpoint(id.phaseId);
    }
    await calls.acknowledge(seq);
    return null;
  }

  async #complete(seq: bigint, resultJson: string): Promise<AttemptEnd> {
    const { id, store, calls, onCheckpoint } = this.#needs;
    await this.#judge(seq, (record) => checkCompleted(record, seq));
    const outcome = await this.#persist(() => store.completePhase(id.phaseId, id.attempt, seq, resultJson));
    if (outcome === 'fenced') return this.#fenced();
    onCheckpoint(id.phaseId);
    await calls.acknowledge(seq);
    return { kind: 'finished' };
  }

  async #stopped(seq: bigint): Promise<AttemptEnd> {
    const { id, nodeId, store, calls, isStopRequested, mayBeLeaving } = this.#needs;
    if (!isStopRequested()) {
      const end = await this.fail(stoppedByNode(nodeId, mayBeLeaving()));
      await calls.acknowledge(seq);
      return end;
    }
    await this.#persist(() => store.stopAttempt(id.phaseId, id.attempt));
    await calls.acknowledge(seq);
    return { kind: 'stopped' };
  }

  async #failed(seq: bigint, event: Failed): Promise<AttemptEnd> {
    const end = await this.fail(reportOfNode(event));
    await this.#needs.calls.acknowledge(seq);
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
      const { id, store } = this.#needs;
      const newest = await this.#persist(() => store.attemptRecord(id.phaseId, id.attempt));
      if (newest.lastSeq <= this.#record.lastSeq) throw error;
      this.#record = { ...newest, names: this.#record.names };
      return seq <= newest.lastSeq ? 'recorded' : rule(this.#record);
    }
  }

  #fenced(): AttemptEnd {
    this.#needs.log.info('a newer attempt owns the phase; this one is ended');
    this.#needs.calls.stopNow();
    return { kind: 'fenced' };
  }

  /** For the people who look at the node; its failed attempt is what counts towards quarantine. */
  async #noteRefusal({ message }: FailureReport): Promise<void> {
    const { id, nodeId, store, log } = this.#needs;
    try {
      const details = { phase: id.phaseKey, attempt: id.attempt, reason: message };
      await store.nodeEvent(nodeId, 'event_refused', details);
    } catch (error) {
      log.info({ error: String(error) }, 'a refused event was not noted at its node');
    }
  }

  #persist<T>(write: () => Promise<T>): Promise<T> {
    return persist(write, this.#needs.signal, this.#needs.log);
  }
}
