// Cross-capture of slots (study.md section 7): how much of the variance of one slot lies in the main subspace of another.
// H[i,j] = |X_j P_i|^2 / |X_j|^2, P_i the projector on the fewest components that explain `threshold` of slot i.

import type { Matrix } from 'ml-matrix';
import { centredSlot, type LatentRows, slotShuffled } from './latent-rows.ts';
import { componentsFor, type PrincipalComponents, principalComponents } from './principal-components.ts';

export interface CrossCapture {
  /** H[i][j]; NaN where slot j does not vary. */
  readonly captured: readonly (readonly number[])[];
  /** Mean off the diagonal; NaN with one slot. */
  readonly offDiagonal: number;
}

/** r_i: the fewest components of each slot that explain `threshold` of its variance. */
export function captureRanks(slots: readonly Slot[], threshold: number): readonly number[] {
  return slots.map(({ components }) => componentsFor(components.variances, threshold));
}

export function crossCapture(slots: readonly Slot[], ranks: readonly number[]): CrossCapture {
  return capture(slots, slots, ranks);
}

/** The null value: subspaces of the same ranks, of rows that were dealt anew to the slots, over the true rows. */
export function shuffledCapture(rows: LatentRows, slots: readonly Slot[], ranks: readonly number[]): CrossCapture {
  return capture(slotsOf(slotShuffled(rows)), slots, ranks);
}

export interface Slot {
  /** [items, width], centred. */
  readonly rows: Matrix;
  readonly components: PrincipalComponents;
}

export function slotsOf(rows: LatentRows): readonly Slot[] {
  return Array.from({ length: rows.slots }, (_, slot) => {
    const centred = centredSlot(rows, slot);
    return { rows: centred, components: principalComponents(centred) };
  });
}

/** The main subspace: the first `rank` directions as orthonormal columns; null for none. */
export function subspace({ directions }: PrincipalComponents, rank: number): Matrix | null {
  return rank === 0 ? null : directions.subMatrix(0, directions.rows - 1, 0, Math.min(rank, directions.columns) - 1);
}

function capture(from: readonly Slot[], of: readonly Slot[], ranks: readonly number[]): CrossCapture {
  const sizes = of.map(({ rows }) => squares(rows));
  const captured = from.map(({ components }, i) => {
    const basis = subspace(components, ranks[i] ?? 0);
    return of.map(({ rows }, j) => (basis === null ? 0 : squares(rows.mmul(basis))) / (sizes[j] ?? 0));
  });
  const off = captured.flatMap((row, i) => row.filter((_, j) => j !== i));
  return { captured, offDiagonal: mean(off) };
}

const squares = (matrix: Matrix): number => matrix.norm('frobenius') ** 2;

/** NaN of nothing. */
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
