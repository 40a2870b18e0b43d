// Errors of the file system in the project's words; the only place that reads errno here.

import { isDiskFull } from '../../workflows/domain/disk-full.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

/** @param what a sentence without its end, such as `checkpoint x could not be written to /data` */
export function fileError(error: unknown, what: string): LatentSweepError {
  if (error instanceof LatentSweepError) return error;
  const errno = errnoOf(error);
  const text = error instanceof Error ? error.message : String(error);
  return isDiskFull(error)
    ? new LatentSweepError('DISK_FULL', `${what}: no space left`, { errno }, error)
    : new LatentSweepError('ARTIFACT_STORE', `${what}: ${text}`, { errno }, error);
}

/** Also where what should be a folder above is a file. */
export function isMissing(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR';
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
