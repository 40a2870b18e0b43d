// All that docs/design/study.md section 7 asks of a latent space, as rows to record. Pure: the same rows give the same numbers. Slot by slot,
// because at full size the whole takes minutes: who must show signs of life asks for one slot after the other.

import type { Matrix } from 'ml-matrix';
import type { AnalysisValue } from '../../../workflows/domain/phase-result.ts';
import { capture, scatter, subspace } from './cross-capture.ts';
import { centredRows, centredSlot, type LatentRows, slotShuffled } from './latent-rows.ts';
import { principalAngles } from './principal-angles.ts';
import { componentsFor, effectiveRank, participationRatio, principalComponents } from './principal-components.ts';
import { silhouette } from './silhouette.ts';
import { slotCosine } from './slot-cosine.ts';

export interface GeometryOptions {
  /** Share of a slot's variance that its main subspace explains, 0..1. */
  readonly threshold: number;
  /** Items of the silhouette, from the first: it costs the square of their number. */
  readonly silhouetteItems: number;
}

interface SlotGeometry {
  readonly variances: readonly number[];
  readonly rank: number;
  readonly basis: Matrix | null;
  /** Of every slot, by this one's subspace, and by one of the same rank after the slots were dealt anew. */
  readonly captured: readonly number[];
  readonly capturedShuffled: readonly number[];
  /** Principal angles to every earlier slot. */
  readonly angles: readonly (readonly number[])[];
}

export class LatentGeometry {
  readonly #rows: LatentRows;
  readonly #options: GeometryOptions;
  readonly #slots: (SlotGeometry | undefined)[] = [];
  #scatters: readonly Matrix[] | null = null;
  #shuffled: LatentRows | null = null;

  constructor(rows: LatentRows, options: GeometryOptions) {
    this.#rows = rows;
    this.#options = options;
  }

  /** Computes what belongs to a slot, unless it is known; the earlier ones first. */
  slot(index: number): SlotGeometry {
    const known = this.#slots[index];
    if (known !== undefined) return known;
    const earlier = Array.from({ length: index }, (_, other) => this.slot(other));
    this.#scatters ??= each(this.#rows.slots, (slot) => scatter(centredSlot(this.#rows, slot)));
    this.#shuffled ??= slotShuffled(this.#rows);
    const components = principalComponents(centredSlot(this.#rows, index));
    const rank = componentsFor(components.variances, this.#options.threshold);
    const basis = subspace(components, rank);
    const dealt = principalComponents(centredSlot(this.#shuffled, index));
    const geometry: SlotGeometry = {
      variances: components.variances,
      rank,
      basis,
      captured: capture(basis, this.#scatters),
      capturedShuffled: capture(subspace(dealt, rank), this.#scatters),
      angles: earlier.map((other) =>
        basis === null || other.basis === null ? [] : principalAngles(other.basis, basis),
      ),
    };
    this.#slots[index] = geometry;
    return geometry;
  }

  values(): readonly AnalysisValue[] {
    const { slots, width, items } = this.#rows;
    const own = each(slots, (slot) => this.slot(slot));
    const random = own.map(({ rank }) => rank / width);
    const captured = own.map((slot) => slot.captured);
    const shuffled = own.map((slot) => slot.capturedShuffled);
    const widths = silhouette({ ...this.#rows, items: Math.min(items, this.#options.silhouetteItems) });
    const pooled = principalComponents(centredRows(this.#rows)).variances;
    const cosines = slotCosine(this.#rows);
    return [
      ...bySlots('cross_capture', captured),
      whole('h_off', offDiagonal(captured)),
      ...bySlot(
        'capture_rank',
        own.map(({ rank }) => rank),
      ),
      ...bySlot('cross_capture_random', random),
      whole('h_off_random', mean(random)),
      ...bySlots('cross_capture_shuffled', shuffled),
      whole('h_off_shuffled', offDiagonal(shuffled)),
      whole('silhouette', widths.overall),
      ...bySlot('silhouette_by_slot', widths.bySlot),
      whole('participation_ratio', participationRatio(pooled)),
      ...bySlot(
        'participation_ratio_by_slot',
        own.map(({ variances }) => participationRatio(variances)),
      ),
      whole('effective_rank', effectiveRank(pooled)),
      ...bySlot(
        'effective_rank_by_slot',
        own.map(({ variances }) => effectiveRank(variances)),
      ),
      whole('slot_cosine', cosines.overall),
      ...cosines.pairs.map(({ i, j, value }) => ({ name: 'slot_cosine_by_pair', label: '', i, j, value })),
      ...own.flatMap((_, i) =>
        own.slice(i + 1).flatMap(({ angles }, index) => angleRows(angles[i] ?? [], i, i + 1 + index)),
      ),
    ];
  }
}

export function latentGeometry(rows: LatentRows, options: GeometryOptions): readonly AnalysisValue[] {
  return new LatentGeometry(rows, options).values();
}

const each = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const whole = (name: string, value: number): AnalysisValue => ({ name, label: '', i: null, j: null, value });
const bySlot = (name: string, values: readonly number[]): AnalysisValue[] =>
  values.map((value, i) => ({ name, label: '', i, j: null, value }));
const bySlots = (name: string, values: readonly (readonly number[])[]): AnalysisValue[] =>
  values.flatMap((row, i) => row.map((value, j) => ({ name, label: '', i, j, value })));

/** NaN of nothing. */
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const offDiagonal = (captured: readonly (readonly number[])[]): number =>
  mean(captured.flatMap((row, i) => row.filter((_, j) => j !== i)));

function angleRows(angles: readonly number[], i: number, j: number): AnalysisValue[] {
  const values = { smallest: angles[0] ?? Number.NaN, mean: mean(angles), largest: angles.at(-1) ?? Number.NaN };
  return Object.entries(values).map(([label, value]) => ({ name: 'principal_angle', label, i, j, value }));
}
