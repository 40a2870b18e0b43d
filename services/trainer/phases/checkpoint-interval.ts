// How long a phase goes without a checkpoint. A small model writes one at every segment; for a large one that would take longer than the training
// between them and fill the store, so its size decides. Where they fall never changes a number of the study. Pure.

/** So much work a crash may cost at most, however large the model. */
const LONGEST_MS = 10 * 60_000;

/**
 * Least wall time between two checkpoints, ms.
 *
 * @param checkpointMs least time that was asked for; 0 = at every segment
 * @param bytesPerSecond what checkpoints may write on average; null = no bound
 * @param bytes size of the last one; 0 before the first. At 20 MB/s: 11 MB (a million parameters) 0.6 s, 1.2 GB 60 s, 4.2 GB 3.5 min
 */
export function checkpointIntervalMs(checkpointMs: number, bytesPerSecond: number | null, bytes: number): number {
  if (bytesPerSecond === null) return checkpointMs;
  return Math.max(checkpointMs, Math.min(LONGEST_MS, (1_000 * bytes) / bytesPerSecond));
}
