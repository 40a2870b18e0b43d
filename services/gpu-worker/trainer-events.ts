// Events of a trainer process as events of the worker service. Pure.

import { ERRORS, LatentSweepError } from '../../workflows/domain/errors.ts';
import { phaseResultJson } from '../../workflows/domain/phase-result.ts';
import { boundedDetails, boundedMessage } from '../../workflows/domain/record-limits.ts';
import type { StoredCheckpoint } from '../../workflows/domain/segment.ts';
import type { RunPhaseResponse } from '../gen/latentsweep/worker/v1/worker.ts';
import { type DurableEvent, segmentMessage } from '../rpc/index.ts';
import type { TrainerEvent } from '../trainer/index.ts';

type Of<Kind extends TrainerEvent['kind']> = Extract<TrainerEvent, { readonly kind: Kind }>;
export type LiveEvent = Extract<NonNullable<RunPhaseResponse['event']>, { readonly $case: 'started' | 'progress' }>;

export function liveEvent(event: Of<'started'> | Of<'progress'>): LiveEvent {
  const step = BigInt(event.step);
  const totalSteps = BigInt(event.totalSteps);
  if (event.kind === 'started') {
    return { $case: 'started', value: { step, totalSteps, parameters: BigInt(event.parameters) } };
  }
  const { lossNats, tokensPerSecond } = event;
  return { $case: 'progress', value: { step, totalSteps, lossNats: lossNats ?? undefined, tokensPerSecond } };
}

/** @param checkpoint where the segment's checkpoint was uploaded to */
export function segmentEvent(event: Of<'segment'>, checkpoint: StoredCheckpoint | null): DurableEvent {
  return { $case: 'segment', value: segmentMessage({ ...event, checkpoint }) };
}

export function completedEvent({ result }: Of<'completed'>): DurableEvent {
  return { $case: 'completed', value: { resultJson: phaseResultJson(result) } };
}

export function stoppedEvent(step: number): DurableEvent {
  return { $case: 'stopped', value: { step: BigInt(step) } };
}

export function failedEvent(error: LatentSweepError): DurableEvent {
  const { code, message, details } = error;
  return {
    $case: 'failed',
    value: {
      ...{ code, failure: ERRORS[code].failure, message: boundedMessage(message) },
      detailsJson: JSON.stringify(boundedDetails(details)),
    },
  };
}

/** The trainer's own words for why it gave up. */
export function trainerFailure({ code, sentence, details }: Of<'failed'>): LatentSweepError {
  return new LatentSweepError(code, sentence, details);
}

/** Errors that no rule foresees are mistakes of this program. */
export function asLatentSweepError(error: unknown): LatentSweepError {
  return error instanceof LatentSweepError ? error : new LatentSweepError('INTERNAL', String(error), {}, error);
}
