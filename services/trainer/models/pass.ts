// What a model reads and gives in one pass, the same for every family.
// Legend: B batch, Q query rows, S keys of one segment, G key/value heads, K head width, D model width.

import { concat, type Tensor } from '../../tensor/graph/index.ts';

/** A layer's cache entries of some rows: keys as attention uses them (rotated where the family rotates) and values. */
export interface CacheEntries {
  readonly k_BGSK: Tensor;
  readonly v_BGSK: Tensor;
}

/** What a layer sees besides its own rows, and how everything is masked. */
export interface LayerPast {
  /** All keys and values of the layer, given those of the pass's own rows. */
  readonly withOwn: (own: CacheEntries) => CacheEntries;
  /** Additive, broadcastable to [B, 1, Q, keys of withOwn]. */
  readonly mask: Tensor;
  /** Is shown the attention weights [B, H, Q, keys of withOwn]. */
  readonly observe?: (weights_BHQS: Tensor) => void;
}

/** `entries` in this order, then the pass's own rows. */
export function pastEntries(entries: readonly CacheEntries[], mask: Tensor): LayerPast {
  return { withOwn: (own) => joinEntries([...entries, own]), mask };
}

export function joinEntries(parts: readonly CacheEntries[]): CacheEntries {
  const join = (field: keyof CacheEntries) =>
    concat(
      parts.map((part) => part[field]),
      2,
    );
  return { k_BGSK: join('k_BGSK'), v_BGSK: join('v_BGSK') };
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
