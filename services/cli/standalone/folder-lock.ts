// One `lsweep train` at a time in a trial's folder. A killed one leaves its mark behind, which no living process has.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { makeFolder } from '../../artifacts/index.ts';
import { isAlive, markOf, type ProcessMark } from '../../config/index.ts';

const markSchema = z.object({ pid: z.number().int().positive(), started: z.string() });

/** @returns gives it back @throws LatentSweepError CONFLICT while another process has it */
export function lockFolder(folder: string): () => void {
  const file = join(folder, 'lock.json');
  makeFolder(folder);
  const mark = JSON.stringify(markOf(process.pid));
  try {
    writeFileSync(file, mark, { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const owner = readMark(file);
    if (owner !== null && isAlive(owner)) {
      throw new LatentSweepError('CONFLICT', `${folder} is used by pid ${owner.pid}; give another --out`, {
        folder,
        pid: owner.pid,
      });
    }
    writeFileSync(file, mark);
  }
  return () => rmSync(file, { force: true });
}

/** @returns null for a mark that was never finished */
function readMark(file: string): ProcessMark | null {
  const text = readFileSync(file, 'utf8');
  try {
    return markSchema.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}
