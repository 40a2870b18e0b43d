// What the local stack says about itself in stack.json: written by its supervisor alone, read by everybody else. Ports outlive a stop, so
// that addresses stay; the marks tell a running stack from one that died.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { processMarkSchema } from './process-mark.ts';

/** `unresponsive`: it runs, but its health check has failed for a while; it is left alone, for it may be suspended. */
const SERVICE_STATES = ['waiting', 'starting', 'ready', 'unresponsive', 'restarting', 'stopping', 'stopped'] as const;
export type ServiceState = (typeof SERVICE_STATES)[number];

const serviceSchema = z
  .strictObject({
    name: z.string(),
    state: z.enum(SERVICE_STATES),
    process: processMarkSchema.readonly().nullable(),
    /** Of 127.0.0.1, or of the configured address; null = it listens on none, or on one it chose itself. */
    port: z.int().nullable(),
    /** Milliseconds since the epoch of the running process; null = none runs. */
    startedAtMs: z.number().nullable(),
    restarts: z.int(),
    /** How the last process ended: `exit 1`, `SIGKILL`; null = none has ended. */
    lastExit: z.string().nullable(),
    log: z.string(),
  })
  .readonly();

const recordSchema = z
  .strictObject({
    version: z.literal(1),
    supervisor: processMarkSchema.readonly().nullable(),
    /** Why the last start was given up; null = it was not. */
    failure: z.string().nullable(),
    /** Of the configuration that the stack was started with. */
    configHash: z.string(),
    /** The local stack's own addresses; null = the configuration points elsewhere. */
    postgresUrl: z.string().nullable(),
    readerUrl: z.string().nullable(),
    temporalAddress: z.string().nullable(),
    temporalUiUrl: z.string().nullable(),
    registryAddresses: z.array(z.string()).readonly(),
    services: z.array(serviceSchema).readonly(),
  })
  .readonly();

export type ServiceRecord = z.infer<typeof serviceSchema>;
export type StackRecord = z.infer<typeof recordSchema>;

export function stackRecordPath(stateDir: string): string {
  return join(stateDir, 'stack.json');
}

/** @returns null when no stack was ever started there. @throws LatentSweepError CONFIG_INVALID when the file is damaged or of another version */
export function readStackRecord(stateDir: string): StackRecord | null {
  const path = stackRecordPath(stateDir);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const parsed = recordSchema.safeParse(jsonOrUndefined(text));
  if (parsed.success) return parsed.data;
  throw new LatentSweepError(
    'CONFIG_INVALID',
    `${path} is damaged or of another version; stop what runs there (its logs name the pids), then delete this one file`,
    { key: 'stateDir', path },
    parsed.error,
  );
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // undefined fails the schema, whose error the caller reports
    return undefined;
  }
}
