// Attempts that a node runs at a time, by its configuration.

import type { Config } from './load.ts';

/** @param cores of the machine */
export function slotCount({ slots, gpus }: Config['worker'], cores: number): number {
  return slots ?? gpus?.length ?? cores;
}
