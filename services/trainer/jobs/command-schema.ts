// Parses what arrives over the IPC channel: one schema for every command of protocol.ts, trusted behind it.

import { z } from 'zod';
import { attemptOverridesSchema } from '../../../workflows/domain/attempt-overrides.ts';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { SHA256_HEX } from '../../../workflows/domain/ids.ts';
import { phaseConfigSchema } from '../../study/settings/index.ts';
import type { TrainerCommand } from './protocol.ts';

const count = z.number().int().min(0);

const checkpointSchema = z.strictObject({
  path: z.string().min(1),
  sha256: z.string().regex(SHA256_HEX),
  step: count,
  bytes: count,
});

const jobSchema = z.strictObject({
  phaseKey: z.string().min(1),
  attempt: count,
  config: phaseConfigSchema,
  parent: checkpointSchema.nullable(),
  resume: checkpointSchema.nullable(),
  workDir: z.string().min(1),
  device: z.enum(['cpu', 'cuda']),
  threads: z.number().int().min(1),
  exclusiveCores: z.boolean().default(false),
  memoryBytes: z.number().positive().nullable().default(null),
  segmentMs: z.number().min(0),
  checkpointMs: z.number().min(0),
  checkpointBytesPerSecond: z.number().positive().nullable().default(null),
  overrides: attemptOverridesSchema.default({}),
});

const commandSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('run'), job: jobSchema }),
  z.strictObject({ kind: z.literal('stop'), mode: z.enum(['checkpoint', 'now']) }),
  z.strictObject({ kind: z.literal('exit') }),
]);

/** @throws LatentSweepError CONFIG_INVALID naming the first key that does not fit */
export function parseTrainerCommand(message: unknown): TrainerCommand {
  const parsed = commandSchema.safeParse(message);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const key = issue?.path.join('.') ?? '';
  throw new LatentSweepError(
    'CONFIG_INVALID',
    `${key === '' ? 'command' : key}: ${issue?.message ?? 'unknown command'}`,
    { key },
  );
}
