// Causal tests of the latents: what is put in their place (README.md). Pure; the engine carries it out.

import { draws, permutation } from '../random/draws.ts';
import type { LatentLayout } from '../systems/index.ts';

/**
 * Whose latents each item gets in `shuffle`: one random cycle through all items, so that none keeps its own (where there are two).
 * A pure function of their number.
 */
export function cyclicDonors(items: number): Uint32Array {
  const order = permutation(items, draws('latent-shuffle', items));
  const donors = new Uint32Array(items);
  order.forEach((item, place) => {
    donors[item] = order[(place + 1) % items] ?? item;
  });
  return donors;
}

/**
 * Latents of one item after an intervention on them alone.
 * @param latents [P, N, W] (systems/exchange.ts)
 */
export function replacedLatents(kind: 'zero' | 'swap', latents: Float32Array, layout: LatentLayout): Float32Array {
  if (kind === 'zero') return new Float32Array(latents.length);
  const { parts, width } = layout;
  const slots = latents.length / (parts * width);
  const offset = Math.floor(slots / 2);
  const swapped = latents.slice();
  for (let part = 0; part < parts; part++) {
    // keys stay: moving them along with their values would change nothing
    if (layout.kind === 'entries' && part % 2 === 0) continue;
    for (let slot = 0; slot < slots; slot++) {
      const from = (part * slots + ((slot + offset) % slots)) * width;
      swapped.set(latents.subarray(from, from + width), (part * slots + slot) * width);
    }
  }
  return swapped;
}

/** Mean over items, slot by slot; added up in order in double precision. */
export class LatentMean {
  #sum: Float64Array | null = null;
  #count = 0;

  add(latents: Float32Array): void {
    this.#sum ??= new Float64Array(latents.length);
    for (let index = 0; index < latents.length; index++)
      this.#sum[index] = (this.#sum[index] ?? 0) + (latents[index] ?? 0);
    this.#count++;
  }

  value(): Float32Array {
    return Float32Array.from(this.#sum ?? [], (sum) => sum / this.#count);
  }
}
