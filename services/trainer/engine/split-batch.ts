// Batches in parts: microbatches that are trained one after the other, and rows that are scored together.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { ModelConfig } from '../models/index.ts';
import type { Batch, BatchShape } from '../systems/index.ts';
import { PREFILL_SCORES } from './decode-limits.ts';

/** Parts of at most `microbatch` items (curriculum) or rows (corpus), in order. */
export function splitBatch(batch: Batch, microbatch: number | null): readonly Batch[] {
  if (microbatch === null) return [batch];
  if (!(Number.isInteger(microbatch) && microbatch >= 1)) {
    throw new LatentSweepError('CONFIG_INVALID', `train.microbatch: ${microbatch} is not a positive integer`, {
      key: 'train.microbatch',
    });
  }
  const count = batch.kind === 'curriculum' ? batch.items.length : batch.tokens.length;
  return Array.from({ length: Math.max(1, Math.ceil(count / microbatch)) }, (_, part) => {
    const [from, to] = [part * microbatch, (part + 1) * microbatch];
    return batch.kind === 'curriculum'
      ? { kind: 'curriculum', items: batch.items.slice(from, to) }
      : { ...batch, tokens: batch.tokens.slice(from, to), sites: batch.sites?.slice(from, to) ?? null };
  });
}

/** Rows whose logits and whose attention scores of one layer stay below the bound of a prefill. */
export function rowsScoredTogether(
  { batch, prefix, sites, latents, ahead, scored }: BatchShape,
  model: ModelConfig,
): number {
  const further = sites * (latents + ahead);
  const scores = model.heads * Math.max(prefix, further) * (prefix + further);
  const logits = (scored / batch) * model.vocabSize;
  return Math.max(1, Math.floor(PREFILL_SCORES / Math.max(scores, logits)));
}
