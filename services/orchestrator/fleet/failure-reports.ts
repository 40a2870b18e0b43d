// How attempts fail, as the store records it: from errors of this process, from what a node says, and for nodes that are gone. Pure; whatever a
// node says is cut to size and made flat first.

import { ERRORS, type ErrorCode, LatentSweepError } from '../../../workflows/domain/errors.ts';
import { boundedDetails, boundedMessage, RECORD_LIMITS } from '../../../workflows/domain/record-limits.ts';
import type { Failed } from '../../gen/latentsweep/worker/v1/worker.ts';
import type { FailureReport } from '../../store/types.ts';

/** Longer details are no details: every one of them at its limit is shorter. */
const MOST_JSON = 2 * RECORD_LIMITS.details * RECORD_LIMITS.detailCharacters;

/** NODE_LOST: the machine is at fault, not the trial. */
export function nodeLost(message: string, nodeId: string): FailureReport {
  return { code: 'NODE_LOST', failure: 'node_lost', message, details: { node: nodeId } };
}

/** Its lease is renewed, so nothing else would ever end the attempt. */
export function nodeUnreached(nodeId: string, address: string, error: unknown): FailureReport {
  const why = error instanceof LatentSweepError ? error.sentence : String(error);
  const sentence = `node ${nodeId} renews its lease, but takes no attempt at its address ${address} (worker.advertise): ${why}`;
  return reportOf(new LatentSweepError('NODE_LOST', sentence, { node: nodeId, address }));
}

/** As `stoppedByNode`: the attempt is not running there, and the node does not say so. */
export function streamsEnd(nodeId: string, times: number): FailureReport {
  const sentence = `node ${nodeId} ended the stream of the attempt ${times} times without a word on how the attempt ended`;
  return reportOf(new LatentSweepError('STOPPED_UNASKED', sentence, { node: nodeId }));
}

/** A node that leaves, or may have, is not the trial's fault; one that stops what it was given and stays is a broken one. */
export function stoppedByNode(nodeId: string, mayBeLeaving: boolean): FailureReport {
  const details = { node: nodeId };
  if (mayBeLeaving) return { code: 'STOPPED', failure: 'preempted', message: 'The node stopped the attempt.', details };
  const sentence = `node ${nodeId} stopped the attempt, which nobody asked it to, and does not leave`;
  return reportOf(new LatentSweepError('STOPPED_UNASKED', sentence, details));
}

/**
 * An error of this process; what is no LatentSweepError is reported as INTERNAL. Message and details are cut to size.
 */
export function reportOf(error: unknown): FailureReport {
  if (error instanceof LatentSweepError) {
    const { code, failure, message, details } = error;
    return { code, failure, message: boundedMessage(message), details: boundedDetails(details) };
  }
  return { code: 'INTERNAL', failure: 'code_error', message: boundedMessage(String(error)), details: {} };
}

/** What the node says; the class follows from the code, and a code that nobody knows is INTERNAL. */
export function reportOfNode({ code, message, detailsJson }: Failed): FailureReport {
  const known: ErrorCode = isErrorCode(code) ? code : 'INTERNAL';
  return {
    code: known,
    failure: ERRORS[known].failure,
    message: boundedMessage(message),
    details: boundedDetails(parseDetails(detailsJson)),
  };
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

function parseDetails(json: string): Readonly<Record<string, unknown>> {
  if (json.length > MOST_JSON) return { details: json };
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return { details: json };
  }
}
