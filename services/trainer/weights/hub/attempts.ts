// Tries again what may succeed later, and says in one place what a failure of the hub means: not there, not allowed, or not reachable.

import { setTimeout as delay } from 'node:timers/promises';
import { HUB_URL, HubApiError } from '@huggingface/hub';
import { LatentSweepError } from '../../../../workflows/domain/errors.ts';
import type { HubName } from './hub-name.ts';
import type { HubOptions } from './options.ts';

const TOO_MANY = 429;
const MAX_DELAY_MS = 30_000;

/** One try: resolves with the result, or throws; `progressed` tells that it got further than the one before. */
type Try<T> = (progressed: () => void) => Promise<T>;

/**
 * Up to `options.attempts` tries in a row without progress.
 * @throws LatentSweepError DATA_MISSING saying what was tried and how to do without the hub; errors that are LatentSweepErrors already, and
 * aborts, pass through at once
 */
export async function withRetries<T>(name: HubName, options: HubOptions, attempt: Try<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt(() => {
        tries = 1;
      });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof LatentSweepError) throw error;
      if (!isPassing(error) || tries >= options.attempts) throw unavailable(name, options, error, tries);
    }
    const waitMs = Math.min(MAX_DELAY_MS, options.retryDelayMs * 2 ** (tries - 1));
    await delay(waitMs, undefined, options.signal === null ? {} : { signal: options.signal });
  }
}

/** The hub answers 4xx for good, other than "too many requests"; everything else may pass. */
function isPassing(error: unknown): boolean {
  return !(error instanceof HubApiError) || error.statusCode >= 500 || error.statusCode === TOO_MANY;
}

function unavailable(name: HubName, { cacheDir, hubUrl }: HubOptions, error: unknown, tries: number): LatentSweepError {
  const status = error instanceof HubApiError ? error.statusCode : null;
  const address = hubUrl ?? HUB_URL;
  const asked = `model.weights: ${name.text} is not in the cache ${cacheDir}, and ${address}`;
  const fault =
    status === null
      ? `cannot be reached (${tries} tries: ${reasonOf(error)})`
      : (STATUS_FAULTS[status] ?? `answered ${status}`);
  return new LatentSweepError(
    'DATA_MISSING',
    `${asked} ${fault}; by hand: put config.json, model.safetensors (or its index and shards) and the tokenizer files into a folder that every node has, and set model.weights to it`,
    { key: 'model.weights', weights: name.text, hub: address, cacheDir, status, tries },
    error,
  );
}

const STATUS_FAULTS: Readonly<Record<number, string>> = {
  401: 'has no such model, or wants a token for it (HF_TOKEN)',
  403: 'does not allow it to this token (HF_TOKEN): accept the terms of the model there',
  404: 'has no such model or revision',
};

/** fetch hides the reason in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message || cause.name}` : error.message;
}
