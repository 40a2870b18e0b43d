// In which form the Base gets the latents: as input rows, or as cache entries of some layers.
// Legend: B batch, M sites, N latent slots, D width.

import type { Tensor } from '../../tensor/graph/index.ts';
import type { CacheEntries } from '../models/index.ts';
import type { Rows } from './rows.ts';

export type LatentSource =
  | { readonly kind: 'none' }
  /** Input rows [B * M * N, D] that the Base reads before the query. */
  | ({ readonly kind: 'rows'; readonly rows: Rows; readonly latents_RD: Tensor } & LastHidden)
  /** Cache entries per layer; a layer without an entry has no latents. */
  | ({
      readonly kind: 'entries';
      readonly rows: Rows;
      readonly entries: ReadonlyMap<number, CacheEntries>;
      /** [B, G, M * N, K] of each exchanged layer before any bottleneck; null where the latents are hidden states of the Base. */
      readonly values: readonly Tensor[] | null;
    } & LastHidden);

export interface LastHidden {
  /** [B * M * N, D]: the Coprocessor's last hidden layer, the soft tokens, or the states that Coconut reads; null where latents are given. */
  readonly z_RD: Tensor | null;
}
