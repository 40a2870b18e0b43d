// Which checkpoints of an attempt stay on the local disk: the newest ones, and any that is so young that the supervisor may still be
// copying it to the artifact store.

import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KEPT_CHECKPOINTS } from '../../../workflows/domain/record-limits.ts';

const NAME = /^step-\d+\.safetensors$/;
const YOUNG_MS = 120_000;

/** Removes the others. @param nowMs wall clock */
export function keepLastCheckpoints(
  directory: string,
  nowMs: number,
  kept = KEPT_CHECKPOINTS,
  youngMs = YOUNG_MS,
): void {
  const names = readdirSync(directory)
    .filter((name) => NAME.test(name))
    .sort();
  for (const name of names.slice(0, Math.max(0, names.length - kept))) {
    const path = join(directory, name);
    if (nowMs - statSync(path).mtimeMs > youngMs) rmSync(path, { force: true });
  }
}
