// Where a trial trained alone stands, in `state.json` of its folder: the only file that says what counts. Metric rows beyond the lengths
// that it names, and checkpoints that it does not name, are leftovers of a killed run.

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';

const count = z.number().int().min(0);

/** Bytes of the files of rows that count. */
const lengthsSchema = z.strictObject({ metrics: count, items: count, analyses: count });
export type RowLengths = z.infer<typeof lengthsSchema>;

/** `path` is relative to the trial's folder, which may be moved. */
const checkpointSchema = z.strictObject({ path: z.string().min(1), sha256: z.string(), step: count, bytes: count });
export type TrialCheckpoint = z.infer<typeof checkpointSchema>;

/** Its analyses are rows of their file. */
const resultSchema = z.strictObject({
  weightsSha256: z.string().nullable(),
  capacityFloatsPerLatent: z.number().nullable(),
  evaluation: z
    .strictObject({ split: z.string(), items: count, correct: count, accuracy: z.number(), chance: z.number() })
    .nullable(),
  selected: z.strictObject({ step: count, accuracy: z.number(), items: count }).optional(),
});

const doneSchema = z.strictObject({
  key: z.string(),
  kind: z.string(),
  checkpoint: checkpointSchema,
  result: resultSchema,
  /** Of its steps, lost ones of killed runs not counted. */
  deviceSeconds: z.number(),
  tokens: count,
});
export type DonePhase = z.infer<typeof doneSchema>;

const resumePointSchema = z.strictObject({
  checkpoint: checkpointSchema,
  lengths: lengthsSchema,
  deviceSeconds: z.number(),
  tokens: count,
});
export type ResumePoint = z.infer<typeof resumePointSchema>;

const stateSchema = z.strictObject({
  format: z.literal('latent-sweep-trial/2'),
  trial: z.string(),
  /** Part of what makes bits repeat. */
  device: z.enum(['cpu', 'cuda']),
  threads: z.number().int().min(1),
  /** Runs of phases begun so far; each has a folder of its own, so that a killed run's last breath harms nothing. */
  attempts: count,
  done: z.array(doneSchema),
  /** When the phase after the done ones began; null before the first row. */
  lengths: lengthsSchema.nullable(),
  /** Of that phase, oldest first; the older one serves when the newer one is damaged. */
  resumePoints: z.array(resumePointSchema),
});
export type TrialState = z.infer<typeof stateSchema>;

const stateFile = (folder: string): string => join(folder, 'state.json');

/** @returns null in a folder where no trial began @throws LatentSweepError DATA_INVALID for a file that is no state */
export function readTrialState(folder: string): TrialState | null {
  const path = stateFile(folder);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new LatentSweepError('DATA_INVALID', `${path} cannot be read`, { path }, error);
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new LatentSweepError(
      'DATA_INVALID',
      `${path} is not the state of a trial; give another --out`,
      { path },
      cause,
    );
  }
}

/** The whole file or none: temporary name, fsync, rename. */
export function writeTrialState(folder: string, state: TrialState): void {
  const path = stateFile(folder);
  const fd = openSync(`${path}.new`, 'w');
  try {
    writeSync(fd, `${JSON.stringify(state, null, 1)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(`${path}.new`, path);
}
