// The sweep file of a command that runs it: names on the hub stand for the commit that they mean now.

import { type ReadSweepFile, readPinnedSweepFile } from '../sweep-file/index.ts';

/** @throws LatentSweepError as readSweepFile, and DATA_MISSING where the hub cannot be reached and this machine's cache has no answer */
export function pinnedSweepFile(file: string): Promise<ReadSweepFile> {
  return readPinnedSweepFile(file, async (weights) => (await import('../trainer/index.ts')).describeWeights(weights));
}
