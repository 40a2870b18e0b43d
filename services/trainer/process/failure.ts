// Every error of a phase as the event that ends it; the one place where foreign errors are interpreted.

import { ERRORS, LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { TrainerEvent } from '../jobs/protocol.ts';

type Failed = Extract<TrainerEvent, { kind: 'failed' }>;

export function failureEvent(error: unknown): Failed {
  const { code, sentence, details } = asLatentSweepError(error);
  return { kind: 'failed', code, failure: ERRORS[code].failure, sentence, details };
}

function asLatentSweepError(error: unknown): LatentSweepError {
  if (error instanceof LatentSweepError) return error;
  const text = error instanceof Error ? error.message : String(error);
  // V8's words for memory it could not get
  if (error instanceof RangeError && /allocation failed|Invalid typed array length/i.test(text)) {
    return new LatentSweepError('OUT_OF_MEMORY', text, {}, error);
  }
  return new LatentSweepError('INTERNAL', text, {}, error);
}
