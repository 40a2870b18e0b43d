// Latents of items as a graph reads and writes them: one tensor [B, N, W] per part, filled or cut item by item.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { TensorData } from '../../tensor/runtime/index.ts';
import type { ItemLatents, LatentLayout } from '../systems/index.ts';

interface Slots {
  readonly batch: number;
  /** N of the graph; an item may have fewer, which come first. */
  readonly latents: number;
}

/** Inputs `given.<part>`; rows beyond the items and slots beyond an item's latents are zero. */
export function givenArrays(
  { parts, width }: LatentLayout,
  { batch, latents }: Slots,
  given: readonly ItemLatents[],
): ReadonlyMap<string, Float32Array> {
  return new Map(
    Array.from({ length: parts }, (_, part) => {
      const array = new Float32Array(batch * latents * width);
      given.forEach((item, b) => {
        const size = item.length / parts;
        array.set(item.subarray(part * size, (part + 1) * size), b * latents * width);
      });
      return [`given.${part}`, array];
    }),
  );
}

/** Item `b` out of the outputs of all parts. */
export function itemLatents(
  { width }: LatentLayout,
  { latents }: Slots,
  parts: readonly ArrayLike<number>[],
  b: number,
  count: number,
): ItemLatents {
  const size = count * width;
  const item = new Float32Array(parts.length * size);
  parts.forEach((part, index) => {
    for (let i = 0; i < size; i++) item[index * size + i] = part[b * latents * width + i] ?? 0;
  });
  return item;
}

/** @param counts latents of each item @throws LatentSweepError INTERNAL */
export function checkGiven(
  layout: LatentLayout | null,
  given: readonly ItemLatents[],
  counts: readonly number[],
): void {
  const sizeOf = (count: number): number => (layout === null ? Number.NaN : layout.parts * layout.width * count);
  if (given.length === counts.length && given.every(({ length }, index) => length === sizeOf(counts[index] ?? 0)))
    return;
  throw new LatentSweepError('INTERNAL', 'the latents given do not fit the items', { given: given.length });
}

export function noLatents(system: string): LatentSweepError {
  return new LatentSweepError('CONFIG_INVALID', `system: ${system} has no latents`, { key: 'system' });
}

export const floats = (values: TensorData): Float32Array =>
  values instanceof Float32Array ? values : Float32Array.from(values, Number);
