// Sizes that batches are padded to, so that few shapes occur and little is padded. A new shape costs one compilation (some 0.1 s), padding
// costs its part of every step.

/** Rounds up to 8 up to 128, then to a sixteenth of the next power of two. */
export function bucket(size: number): number {
  const step = Math.max(8, 2 ** (Math.ceil(Math.log2(Math.max(size, 1))) - 4));
  return Math.ceil(size / step) * step;
}

/** Of scored rows: half as fine, since they vary more from batch to batch and cost only their logits. */
export function scoredBucket(size: number): number {
  const step = Math.max(8, 2 ** (Math.ceil(Math.log2(Math.max(size, 1))) - 3));
  return Math.ceil(size / step) * step;
}
