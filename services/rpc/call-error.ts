// A failed call that reached the end of a process without being told where it arose.

import { ClientError } from 'nice-grpc-common';
import type { LatentSweepError } from '../../workflows/domain/errors.ts';
import { fromStatus } from './error-status.ts';

/** @returns null when it is not a call's */
export function callError(error: Error): LatentSweepError | null {
  return error instanceof ClientError ? fromStatus(error, 'the other side') : null;
}
