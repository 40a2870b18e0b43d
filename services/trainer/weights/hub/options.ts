// How the hub is reached and where its files are kept. The environment is read here and nowhere else in the weights.

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface HubOptions {
  /** Root of the cache; shared by all trainers of a machine. Default: LSWEEP_CACHE_DIR, else `latent-sweep` in the user's cache folder. */
  readonly cacheDir: string;
  /** Another address of the hub (a mirror). Default: HF_ENDPOINT, else the library's. */
  readonly hubUrl: string | null;
  /** For gated and private models. Default: HF_TOKEN. */
  readonly accessToken: string | null;
  /** Tries of one request without any progress before giving up. */
  readonly attempts: number;
  /** Wait before the second try; doubles with each further one. */
  readonly retryDelayMs: number;
  readonly signal: AbortSignal | null;
  /** Called while a file comes; `done` counts what an earlier, interrupted download left. */
  readonly onProgress: (progress: { readonly file: string; readonly done: number; readonly bytes: number }) => void;
}

export function hubOptions(given: Partial<HubOptions>): HubOptions {
  return {
    cacheDir: resolve(given.cacheDir ?? cacheFolder()),
    hubUrl: given.hubUrl ?? fromEnvironment('HF_ENDPOINT'),
    accessToken: given.accessToken ?? fromEnvironment('HF_TOKEN'),
    attempts: given.attempts ?? 5,
    retryDelayMs: given.retryDelayMs ?? 1_000,
    signal: given.signal ?? null,
    onProgress: given.onProgress ?? (() => undefined),
  };
}

/** What is made or fetched once for a machine. */
export const cacheFolder = (): string => resolve(fromEnvironment('LSWEEP_CACHE_DIR') ?? userCacheDir());

function userCacheDir(): string {
  return join(fromEnvironment('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'latent-sweep');
}

/** An empty variable is an unset one. */
function fromEnvironment(name: string): string | null {
  return process.env[name] || null;
}
