// What a checkpoint says about itself, in the metadata of its safetensors file.

import { z } from 'zod';

export interface CheckpointFacts {
  readonly phaseKey: string;
  /** Steps done. */
  readonly step: number;
  /** Updates since the last optimizer reset. */
  readonly updates: number;
  /** Hash of the tokenizer whose ids the weights know. */
  readonly tokenizer: string;
}

const FORMAT = 'latent-sweep-checkpoint/1';
const count = z.string().regex(/^\d+$/).transform(Number);

const schema = z.object({
  format: z.literal(FORMAT),
  phase_key: z.string().min(1),
  step: count,
  updates: count,
  tokenizer: z.string().min(1),
});

export function checkpointMetadata({
  phaseKey,
  step,
  updates,
  tokenizer,
}: CheckpointFacts): ReadonlyMap<string, string> {
  return new Map([
    ['format', FORMAT],
    ['phase_key', phaseKey],
    ['step', String(step)],
    ['updates', String(updates)],
    ['tokenizer', tokenizer],
  ]);
}

/** @returns null when the metadata is not that of a checkpoint of this format */
export function parseCheckpointMetadata(metadata: ReadonlyMap<string, string>): CheckpointFacts | null {
  const parsed = schema.safeParse(Object.fromEntries(metadata));
  if (!parsed.success) return null;
  const { phase_key: phaseKey, step, updates, tokenizer } = parsed.data;
  return { phaseKey, step, updates, tokenizer };
}
