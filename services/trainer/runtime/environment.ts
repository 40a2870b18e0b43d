// ONNX Runtime has one environment per process: a second one asked for would silently be the first, whatever its settings. So it holds
// only what all sessions share, the arena; threads belong to sessions, since their number is part of what makes bits repeat.

import type { CApi, Pointer } from './c-api.ts';

const LOG_ERRORS = 3;

let environment: Pointer | null = null;

/** The process's environment, made at first use. @param memory what its arena gives out */
export function sharedEnvironment(api: CApi, memory: Pointer): Pointer {
  if (environment !== null) return environment;
  environment = api.create('CreateEnv', LOG_ERRORS, 'latent-sweep');
  api.call('CreateAndRegisterAllocator', environment, memory, null);
  return environment;
}
