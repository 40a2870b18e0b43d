// Client middleware: whatever a call fails with becomes a LatentSweepError. AbortError of the caller's own signal passes.

import { ClientError, type ClientMiddleware } from 'nice-grpc-common';
import { fromStatus } from './error-status.ts';

/** @param peer address of the server */
export function clientErrors(peer: string): ClientMiddleware {
  return async function* (call, options) {
    try {
      return yield* call.next(call.request, options);
    } catch (error) {
      throw error instanceof ClientError ? fromStatus(error, peer) : error;
    }
  };
}
