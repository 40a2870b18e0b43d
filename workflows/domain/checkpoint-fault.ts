// What an attempt says of a checkpoint that it could not start from, in the details of its failure. Whose fault it is decides what follows: the
// next attempt starts from an older checkpoint, or the parent phase runs again.

import { z } from 'zod';

const checkpointFaultSchema = z.object({
  /** `missing`: the store is there, the file is not. `damaged`: its content is not the recorded one. */
  fault: z.enum(['missing', 'damaged']),
  /** `own`: where the phase was to go on. `parent`: the final weights of the phase before it. */
  checkpoint: z.enum(['own', 'parent']),
  /** Key of the phase that wrote it; null where its name does not say. */
  phase: z.string().nullable(),
  step: z.number().int().min(0),
  uri: z.string().min(1),
  /** Recorded hash of the file, hex. */
  sha256: z.string(),
});
export type CheckpointFault = z.infer<typeof checkpointFaultSchema>;

export interface NamedCheckpoint {
  /** null = the one that the attempt was to go on from. */
  readonly sha256: string | null;
  readonly uri: string | null;
}

/** Which checkpoint a failure is about; null when it is about none. Nodes of earlier versions named its hash at most. */
export function checkpointAtFault(code: string, details: Readonly<Record<string, unknown>>): NamedCheckpoint | null {
  const named = checkpointFaultSchema.safeParse(details);
  if (named.success) return { sha256: named.data.sha256, uri: named.data.uri };
  if (code !== 'CHECKPOINT_DAMAGED') return null;
  const sha256 = details['sha256'] ?? details['expectedSha256'];
  return { sha256: typeof sha256 === 'string' ? sha256 : null, uri: null };
}
