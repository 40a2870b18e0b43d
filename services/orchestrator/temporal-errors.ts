// What errors of Temporal's client and worker mean; the only place where they are read. By name and gRPC status, since several copies of
// their classes may be loaded. A call that failed for a reason that passes may be repeated: commands are idempotent.

import { ERRORS, type ErrorCode, LatentSweepError } from '../../workflows/domain/errors.ts';

/** gRPC statuses (https://grpc.io/docs/guides/status-codes) that Temporal answers with. */
type Meaning = 'away' | 'busy' | 'refused' | 'misunderstood';
const MEANINGS: Readonly<Record<number, readonly [name: string, meaning: Meaning]>> = {
  1: ['CANCELLED', 'away'],
  2: ['UNKNOWN', 'busy'],
  3: ['INVALID_ARGUMENT', 'misunderstood'],
  4: ['DEADLINE_EXCEEDED', 'away'],
  5: ['NOT_FOUND', 'refused'],
  6: ['ALREADY_EXISTS', 'busy'],
  7: ['PERMISSION_DENIED', 'refused'],
  8: ['RESOURCE_EXHAUSTED', 'busy'],
  // it cannot serve the call in its present state: a workflow without a worker, an update that raced a close
  9: ['FAILED_PRECONDITION', 'busy'],
  10: ['ABORTED', 'busy'],
  11: ['OUT_OF_RANGE', 'misunderstood'],
  12: ['UNIMPLEMENTED', 'misunderstood'],
  13: ['INTERNAL', 'busy'],
  14: ['UNAVAILABLE', 'away'],
  15: ['DATA_LOSS', 'misunderstood'],
  16: ['UNAUTHENTICATED', 'refused'],
};

/** Errors of the native connection, and of a connection that never came to be, have no status. */
const TRANSPORT = /TransportError|Failed to connect before the deadline|Failed to call|UNAVAILABLE|DEADLINE_EXCEEDED/;
/** Of nice-grpc, which has a status too. */
const CALL_OF_NODE = 'ClientError';
const MOST_CAUSES = 8;

/** @param address of the server, for the sentence. @returns null when the error is not Temporal's */
export function asTemporalError(error: unknown, address: string): LatentSweepError | null {
  if (!(error instanceof Error) || error instanceof LatentSweepError || error.name === CALL_OF_NODE) return null;
  switch (error.name) {
    case 'WorkflowUpdateFailedError':
    case 'WorkflowFailedError':
      return failureOf(error);
    case 'WorkflowNotFoundError': {
      const sentence = `Temporal at ${address} has no workflow for it: ${lineOf(error)}`;
      return new LatentSweepError('NOT_FOUND', sentence, { address }, error);
    }
    case 'NamespaceNotFoundError': {
      const sentence = `temporal.namespace: ${lineOf(error)} at ${address}`;
      return new LatentSweepError('CONFIG_INVALID', sentence, { key: 'temporal.namespace' }, error);
    }
    case 'WorkflowUpdateRPCTimeoutOrCancelledError':
      return unreachable(address, 'the command was not answered in time', error);
    case 'WorkflowExecutionAlreadyStartedError':
      return unreachable(address, 'another command starts the same sweep at this moment', error);
    case 'QueryNotRegisteredError':
    case 'QueryRejectedError':
      return unreachable(address, `the workflow does not answer (${lineOf(error)})`, error);
    default:
      return ofStatus(error, address);
  }
}

/** Whether the same call may succeed in a moment; an absent server has been waited for by its client already. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'WorkflowExecutionAlreadyStartedError' || error.name === 'QueryNotRegisteredError') return true;
  const status = statusOf(error);
  if (status === null) return false;
  const [name, meaning] = MEANINGS[status] ?? [];
  return meaning === 'busy' || name === 'UNAVAILABLE';
}

function ofStatus(error: Error, address: string): LatentSweepError | null {
  const status = statusOf(error);
  const text = statusText(error);
  if (status === null)
    return TRANSPORT.test(`${error.name} ${error.message}`) ? unreachable(address, text, error) : null;
  const [name, meaning] = MEANINGS[status] ?? [`status ${status}`, 'busy'];
  const said = `${name}: ${text}`;
  const details = { address, status: name };
  switch (meaning) {
    case 'away':
    case 'busy':
      return unreachable(address, said, error);
    case 'refused':
      return new LatentSweepError('CONFIG_INVALID', `temporal.address: ${address} refuses (${said})`, details, error);
    case 'misunderstood': {
      const sentence = `temporal.address: the server at ${address} does not understand the call (${said}); it must be a Temporal server of a version that latent-sweep knows`;
      return new LatentSweepError('CONFIG_INVALID', sentence, details, error);
    }
  }
}

function unreachable(address: string, said: string, error: Error): LatentSweepError {
  const sentence = `Temporal at ${address}, or an orchestrator behind it, does not answer (${said})`;
  return new LatentSweepError('TEMPORAL_UNREACHABLE', sentence, { address }, error);
}

/** What the workflow itself refused: an ApplicationFailure with a code of the project. */
function failureOf(error: Error): LatentSweepError {
  const { cause } = error;
  const type = cause instanceof Error && 'type' in cause && typeof cause.type === 'string' ? cause.type : null;
  const code = type !== null && isErrorCode(type) ? type : 'INTERNAL';
  const text = cause instanceof Error ? lineOf(cause) : lineOf(error);
  return new LatentSweepError(code, text.replace(`${code}: `, ''), {}, error);
}

function statusOf(error: Error): number | null {
  for (const one of causesOf(error)) {
    if (one.name !== CALL_OF_NODE && 'code' in one && typeof one.code === 'number' && 'details' in one) return one.code;
  }
  return null;
}

/** The server's own words, which stand at the end of the chain. */
function statusText(error: Error): string {
  const last = causesOf(error).at(-1) ?? error;
  const text =
    'details' in last && typeof last.details === 'string' && last.details !== '' ? last.details : last.message;
  return text.split('\n', 1)[0] ?? '';
}

function causesOf(error: Error): readonly Error[] {
  const chain: Error[] = [];
  for (let one: unknown = error; one instanceof Error && chain.length < MOST_CAUSES; one = one.cause) chain.push(one);
  return chain;
}

function lineOf(error: Error): string {
  return error.message.split('\n', 1)[0] ?? '';
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
