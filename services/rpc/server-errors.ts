// Server middleware: the project's errors become statuses with details; anything unforeseen is reported and becomes INTERNAL.

import { ServerError, type ServerMiddleware } from 'nice-grpc-common';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { toStatus } from './error-status.ts';
import type { ServeOptions } from './options.ts';

export function serverErrors(onUnexpected: ServeOptions['onUnexpected']): ServerMiddleware {
  return async function* (call, context) {
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      if (error instanceof LatentSweepError) throw toStatus(error);
      if (error instanceof ServerError || isAbort(error)) throw error;
      onUnexpected?.(call.method.path, error);
      throw toStatus(new LatentSweepError('INTERNAL', `${call.method.path} failed: ${String(error)}`, {}, error));
    }
  };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
