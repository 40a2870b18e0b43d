// Checkpoints of the simulated trainer: small real files that go the way of all checkpoints. A resume from a wrong one is refused.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { fileError } from '../../artifacts/index.ts';
import type { LocalCheckpoint } from '../../trainer/index.ts';
import type { State } from './draws.ts';

const contentSchema = z.object({
  phaseKey: z.string(),
  step: z.number().int().min(0),
  state: z.tuple([z.number(), z.number()]).readonly(),
});

/** @param bytes size of the file; a larger content keeps its own @throws LatentSweepError DISK_FULL, ARTIFACT_STORE */
export function writeSimulated(
  workDir: string,
  phaseKey: string,
  step: number,
  state: State,
  bytes: number,
): LocalCheckpoint {
  const folder = join(workDir, 'checkpoints');
  const path = join(folder, `step-${step}.json`);
  const content = Buffer.from(JSON.stringify({ phaseKey, step, state }).padEnd(bytes));
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, content, { flush: true });
  } catch (error) {
    throw fileError(error, `the checkpoint ${path} could not be written`);
  }
  return { path, step, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

/** @throws LatentSweepError CHECKPOINT_DAMAGED for what is not the checkpoint of this phase and step */
export function readSimulated({ path, step, sha256 }: LocalCheckpoint, phaseKey: string): State {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw damaged(path, sha256, String(error));
  }
  const parsed = contentSchema.safeParse(content);
  if (!parsed.success) throw damaged(path, sha256, 'it is none of the simulated trainer');
  const { data } = parsed;
  if (data.phaseKey === phaseKey && data.step === step) return data.state;
  throw damaged(
    path,
    sha256,
    `it is of step ${data.step} of phase ${data.phaseKey}, wanted is step ${step} of ${phaseKey}`,
  );
}

function damaged(path: string, sha256: string, why: string): LatentSweepError {
  return new LatentSweepError('CHECKPOINT_DAMAGED', `${path} cannot be resumed from: ${why}`, { path, sha256 });
}
