// Adoption (docs/design/architecture.md section 2): when a node comes to this replica, the attempts it reports are followed here, and the
// activities of the replica that opened them are kept alive and completed by id. Attempts that nobody reports are failed as node_lost at once.

import { ActivityCancelledError, ActivityNotFoundError, type Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { DispatchResult } from '../../../workflows/activities.ts';
import { type AttemptReport, RunPhaseRequest, StopMode } from '../../gen/latentsweep/worker/v1/worker.ts';
import type { OpenAttempt, OrchestratorStore } from '../../store/types.ts';
import { endFailure } from '../failures.ts';
import { pause } from '../persist.ts';
import type { AttemptEnd } from './attempt-end.ts';
import type { AttemptFollower } from './attempt-follower.ts';
import { newRecord } from './attempt-record.ts';
import type { FollowedAttempts } from './attempts.ts';
import { nodeLost } from './failure-reports.ts';
import type { Fleet } from './fleet.ts';
import type { NodeSession } from './node-session.ts';

const HEARTBEAT_MS = 3_000;
const CALL_TIMEOUT_MS = 10_000;

/** What adoption shares with the rest of the replica; `signal` fires when the replica stops. */
export interface AdoptionNeeds {
  readonly store: OrchestratorStore;
  readonly client: Client;
  readonly fleet: Fleet;
  readonly attempts: FollowedAttempts;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** @param restarted the node's process is another one than this replica knew; what it no longer reports is lost */
export async function adoptAttempts(
  needs: AdoptionNeeds,
  session: NodeSession,
  reports: readonly AttemptReport[],
  restarted: boolean,
): Promise<void> {
  const open = await adoptReported(needs, session, reports);
  const reported = new Set(reports.map((report) => `${report.phaseKey}/${report.attempt}`));
  for (const row of open) {
    if (reported.has(`${row.phaseKey}/${row.attempt}`)) continue;
    const follower = needs.attempts.of(row.phaseKey);
    const isOurs = follower?.id.attempt === row.attempt;
    const sentence = `node ${session.nodeId} came back without the attempt`;
    if (isOurs && restarted) follower?.lose(sentence);
    if (!isOurs) await giveUp(needs, row, sentence, session.nodeId);
  }
}

/**
 * Follows the reported attempts that are open in Postgres and that nobody follows here; has the node drop the others.
 *
 * @returns all open attempts of the node
 */
export async function adoptReported(
  needs: AdoptionNeeds,
  session: NodeSession,
  reports: readonly AttemptReport[],
): Promise<readonly OpenAttempt[]> {
  const open = await needs.store.openAttemptsOnNode(session.nodeId);
  for (const report of reports) {
    if (isFollowed(needs.attempts, report)) continue;
    const row = open.find((one) => one.phaseKey === report.phaseKey && one.attempt === report.attempt);
    if (row === undefined) await refuse(needs, session, report);
    else adopt(needs, session, row, report);
  }
  return open;
}

/** Whether this process follows exactly the reported attempt, not another one of its phase. */
export function isFollowed(attempts: FollowedAttempts, report: AttemptReport): boolean {
  return attempts.of(report.phaseKey)?.id.attempt === report.attempt;
}

/** The attempt is not open in Postgres: superseded, or recorded while its node was away. Its spool may go. */
async function refuse(needs: AdoptionNeeds, session: NodeSession, report: AttemptReport): Promise<void> {
  const { phaseKey, attempt } = report;
  const options = { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) };
  try {
    if (report.running) await session.client.stopPhase({ phaseKey, attempt, mode: StopMode.NOW }, options);
    await session.client.acknowledge({ phaseKey, attempt, seq: report.lastSeq }, options);
    needs.log.info(
      { phase: phaseKey, attempt, node: session.nodeId },
      'a node reported an attempt that is not open; the node was asked to drop it',
    );
  } catch (error) {
    needs.log.info(
      { phase: phaseKey, attempt, error: String(error) },
      'an attempt that is not open could not be dropped yet',
    );
  }
}

function adopt(needs: AdoptionNeeds, session: NodeSession, row: OpenAttempt, report: AttemptReport): void {
  const { phaseId, phaseKey, attempt, lastSeq, step, totalSteps } = row;
  const lease = needs.fleet.occupy(session, report.slot, 'adopted');
  const request = RunPhaseRequest.fromPartial({ phaseKey, attempt, slot: report.slot, afterSeq: lastSeq });
  const record = newRecord({ lastSeq, step, totalSteps });
  const follower = needs.attempts.follow({ phaseId, phaseKey, attempt }, lease, request, record);
  needs.log.info({ phase: phaseKey, attempt, node: session.nodeId, slot: report.slot }, 'attempt adopted');
  void noteAdoption(needs, session, row, report);
  void followAdopted(needs, follower, row);
}

/** For the history of the phase only, so a lost one is no failure. */
async function noteAdoption(
  needs: AdoptionNeeds,
  session: NodeSession,
  { phaseKey, attempt }: OpenAttempt,
  report: AttemptReport,
): Promise<void> {
  const { nodeId } = session;
  const reason = `another orchestrator took ${nodeId} over and follows the attempt on, at step ${report.step}`;
  try {
    const details = { step: Number(report.step), running: report.running };
    await needs.store.recordDecision({ kind: 'adopted', phaseKey, attempt, nodeId, reason, details });
  } catch (error) {
    needs.log.info({ phase: phaseKey, error: String(error) }, 'an adoption was not recorded');
  }
}

/** Heartbeats the activity of a dead replica until its attempt ends, then completes it. */
async function followAdopted(needs: AdoptionNeeds, follower: AttemptFollower, row: OpenAttempt): Promise<void> {
  const { workflowId, runId, activityId } = row.place;
  const activity = { workflowId, runId, activityId };
  const waiter = {};
  needs.attempts.setWaiter(follower, waiter, 'adopted');
  const ended = new AbortController();
  void follower.end.then(() => ended.abort());
  while (!ended.signal.aborted && !needs.signal.aborted && needs.attempts.isWaiter(follower, waiter)) {
    try {
      await needs.client.activity.heartbeat(activity, follower.progress);
    } catch (error) {
      if (error instanceof ActivityCancelledError) {
        follower.stop('checkpoint');
      } else if (error instanceof ActivityNotFoundError) {
        needs.log.info(
          { phase: row.phaseKey, attempt: row.attempt },
          'the activity of an adopted attempt is closed; its retry may join',
        );
        needs.attempts.release(follower, waiter);
      } else {
        needs.log.info(
          { phase: row.phaseKey, error: String(error) },
          'heartbeat of an adopted attempt did not reach Temporal',
        );
      }
    }
    await pause(HEARTBEAT_MS, ended.signal);
  }
  if (needs.attempts.isWaiter(follower, waiter) && ended.signal.aborted) await report(needs, row, await follower.end);
}

async function giveUp(needs: AdoptionNeeds, row: OpenAttempt, sentence: string, nodeId: string): Promise<void> {
  const failure = nodeLost(sentence, nodeId);
  await needs.store.failAttempt(row.phaseId, row.attempt, failure);
  needs.log.info(
    { phase: row.phaseKey, attempt: row.attempt, node: nodeId, code: failure.code },
    'attempt that nobody reports was given up',
  );
  void report(needs, row, { kind: 'failed', report: failure });
}

/** Notifies the dead replica's activity how its attempt ended; repeated while Temporal is away. */
async function report(needs: AdoptionNeeds, row: OpenAttempt, end: AttemptEnd): Promise<void> {
  if (end.kind === 'detached') return;
  const { workflowId, runId, activityId } = row.place;
  const activity = { workflowId, runId, activityId };
  while (!needs.signal.aborted) {
    try {
      if (end.kind === 'finished')
        await needs.client.activity.complete(activity, { kind: 'finished', closed: null } satisfies DispatchResult);
      else if (end.kind === 'stopped') {
        await needs.store.releaseClaim(row.phaseKey, activity);
        await needs.client.activity.reportCancellation(activity);
      } else await needs.client.activity.fail(activity, await endFailure(needs.store, row, end));
      return;
    } catch (error) {
      // closed meanwhile: its batch has heard a time-out and asks for the phase anew
      if (error instanceof ActivityNotFoundError) return;
      needs.log.info({ phase: row.phaseKey, error: String(error) }, 'end of an adopted attempt did not reach Temporal');
    }
    await pause(1_000, needs.signal);
  }
}
