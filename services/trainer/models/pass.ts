// What a model reads and gives in one pass, the same for every family.
// Legend: B batch, Q query rows, S keys of one segment, G key/value heads, K head width, D model width.

import type { Tensor } from '../graph/index.ts';

/** A layer's cache entries of some rows: keys as attention uses them (rotated where the family rotates) and values. */
export interface CacheEntries {
  readonly k_BGSK: Tensor;
  readonly v_BGSK: Tensor;
}

/** What a layer sees besides its own rows, and how everything is masked. */
export interface LayerPast {
  /** In key order; the pass's own rows come last. */
  readonly entries: readonly CacheEntries[];
  /** Additive, broadcastable to [B, 1, Q, keys of all entries + Q]. */
  readonly mask: Tensor;
}

export interface Pass {
  /** Input rows [B * Q, D] before any position is added. */
  readonly rows_RD: Tensor;
  /** [B, Q] int64, or how many consecutive positions from 0 every batch row has. */
  readonly positions: Tensor | { readonly firstPositions: number };
  readonly batch: number;
  readonly queries: number;
  past(layer: number): LayerPast;
}

export interface PassResult {
  /** After the final norm, [B * Q, D]. */
  readonly hidden_RD: Tensor;
  /** This pass's own cache entries, per layer. */
  readonly cache: readonly CacheEntries[];
}

/** A parameter by its Hugging Face name, as an input of the graph under construction. */
export type Parameters = (name: string) => Tensor;
