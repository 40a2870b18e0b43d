// What an attempt does otherwise than its phase's config says, because earlier attempts failed: a smaller microbatch after running out of
// memory, another data order or lower rates after a NaN. It travels with the attempt and never enters the phase key. Pure.

import { z } from 'zod';
import type { AttemptFailure } from './errors.ts';
import type { OnNan } from './retries.ts';

export const attemptOverridesSchema = z.strictObject({
  /** Rows or items computed at a time; the effective batch stays. */
  microbatch: z.number().int().min(1).optional(),
  /** 0 = the phase's own data order; n = the n-th other one. */
  dataOrder: z.number().int().min(0).optional(),
  /** Factor on every learning rate. */
  rateFactor: z.number().min(0).max(1).optional(),
});
export type AttemptOverrides = z.infer<typeof attemptOverridesSchema>;

/** How an earlier attempt of the phase ended and what it did otherwise. */
export interface EarlierAttempt {
  readonly failure: AttemptFailure | null;
  readonly overrides: AttemptOverrides;
}

/** A change against the attempt before, for the record: `reason` is a sentence for people. */
export interface OverrideDecision {
  readonly kind: 'microbatch_halved' | 'data_reordered' | 'rate_lowered';
  readonly reason: string;
}

export interface NextOverrides {
  readonly overrides: AttemptOverrides;
  readonly decision: OverrideDecision | null;
}

/**
 * Overrides stay once made: a phase that did not fit does not fit the next time either.
 *
 * @param config of the phase, as parsed JSON; a kind without a microbatch keeps its size
 * @param last the attempt before; null for the first
 */
export function nextOverrides(config: unknown, last: EarlierAttempt | null, onNan: OnNan): NextOverrides {
  if (last === null) return { overrides: {}, decision: null };
  const { failure, overrides } = last;
  if (failure === 'out_of_memory') {
    const microbatch = halfMicrobatch(config, overrides);
    if (microbatch === null) return { overrides, decision: null };
    const reason = `out of memory with ${together(config, overrides)} at a time: next with ${microbatch}, the same effective batch`;
    return { overrides: { ...overrides, microbatch }, decision: { kind: 'microbatch_halved', reason } };
  }
  if (failure === 'nan_loss' && onNan === 'reorder') {
    const dataOrder = (overrides.dataOrder ?? 0) + 1;
    const reason = `the loss was no number: from the last good checkpoint with data order ${dataOrder}`;
    return { overrides: { ...overrides, dataOrder }, decision: { kind: 'data_reordered', reason } };
  }
  if (failure === 'nan_loss' && typeof onNan === 'object') {
    const rateFactor = (overrides.rateFactor ?? 1) * onNan.lowerRate;
    const reason = `the loss was no number: from the last good checkpoint with learning rates times ${rateFactor}`;
    return { overrides: { ...overrides, rateFactor }, decision: { kind: 'rate_lowered', reason } };
  }
  return { overrides, decision: null };
}

/** @returns null where nothing smaller is possible: one at a time already, or a kind of phase that has no microbatch */
function halfMicrobatch(config: unknown, overrides: AttemptOverrides): number | null {
  const now = together(config, overrides);
  return now === null || now <= 1 ? null : Math.ceil(now / 2);
}

/** Rows or items that a training phase computes at a time. */
function together(config: unknown, overrides: AttemptOverrides): number | null {
  if (overrides.microbatch !== undefined) return overrides.microbatch;
  const sizes = batchSchema.safeParse(config);
  if (!sizes.success) return null;
  if (sizes.data.kind === 'base') return sizes.data.base.batch;
  const { batch, microbatch } = sizes.data.kind === 'pretrain' ? sizes.data.pretrain : sizes.data.train;
  return Math.min(batch, microbatch ?? batch);
}

const inParts = z.object({ batch: z.number(), microbatch: z.number().nullable() });

/** The part of a phase's config that decides how much is computed at a time. */
const batchSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('base'), base: z.object({ batch: z.number() }) }),
  z.object({ kind: z.literal('pretrain'), pretrain: inParts }),
  z.object({ kind: z.literal('finetune'), train: inParts }),
]);
