// All that study.md section 7 asks of a latent space, as rows to record. Pure: the same rows give the same numbers.

import type { AnalysisValue } from '../jobs/protocol.ts';
import { captureRanks, crossCapture, type Slot, shuffledCapture, slotsOf, subspace } from './cross-capture.ts';
import { centredRows, type LatentRows } from './latent-rows.ts';
import { principalAngles } from './principal-angles.ts';
import { effectiveRank, participationRatio, principalComponents } from './principal-components.ts';
import { silhouette } from './silhouette.ts';
import { slotCosine } from './slot-cosine.ts';

export interface GeometryOptions {
  /** Share of a slot's variance that its main subspace explains, 0..1. */
  readonly threshold: number;
  /** Items of the silhouette, from the first: it costs the square of their number. */
  readonly silhouetteItems: number;
}

export function latentGeometry(rows: LatentRows, { threshold, silhouetteItems }: GeometryOptions): AnalysisValue[] {
  const slots = slotsOf(rows);
  const ranks = captureRanks(slots, threshold);
  return [
    ...captureRows(rows, slots, ranks),
    ...silhouetteRows({ ...rows, items: Math.min(rows.items, silhouetteItems) }),
    ...rankRows(rows, slots),
    ...cosineRows(rows),
    ...angleRows(slots, ranks),
  ];
}

const whole = (name: string, value: number): AnalysisValue => ({ name, label: '', i: null, j: null, value });
const bySlot = (name: string, values: readonly number[]): AnalysisValue[] =>
  values.map((value, i) => ({ name, label: '', i, j: null, value }));
const bySlots = (name: string, values: readonly (readonly number[])[]): AnalysisValue[] =>
  values.flatMap((row, i) => row.map((value, j) => ({ name, label: '', i, j, value })));

function captureRows(rows: LatentRows, slots: readonly Slot[], ranks: readonly number[]): AnalysisValue[] {
  const { captured, offDiagonal } = crossCapture(slots, ranks);
  const shuffled = shuffledCapture(rows, slots, ranks);
  const random = ranks.map((rank) => rank / rows.width);
  return [
    ...bySlots('cross_capture', captured),
    whole('h_off', offDiagonal),
    ...bySlot('capture_rank', ranks),
    ...bySlot('cross_capture_random', random),
    whole('h_off_random', random.reduce((sum, share) => sum + share, 0) / random.length),
    ...bySlots('cross_capture_shuffled', shuffled.captured),
    whole('h_off_shuffled', shuffled.offDiagonal),
  ];
}

function silhouetteRows(rows: LatentRows): AnalysisValue[] {
  const widths = silhouette(rows);
  return [whole('silhouette', widths.overall), ...bySlot('silhouette_by_slot', widths.bySlot)];
}

function rankRows(rows: LatentRows, slots: readonly Slot[]): AnalysisValue[] {
  const pooled = principalComponents(centredRows(rows)).variances;
  const own = slots.map(({ components }) => components.variances);
  return [
    whole('participation_ratio', participationRatio(pooled)),
    ...bySlot('participation_ratio_by_slot', own.map(participationRatio)),
    whole('effective_rank', effectiveRank(pooled)),
    ...bySlot('effective_rank_by_slot', own.map(effectiveRank)),
  ];
}

function cosineRows(rows: LatentRows): AnalysisValue[] {
  const { overall, pairs } = slotCosine(rows);
  return [
    whole('slot_cosine', overall),
    ...pairs.map(({ i, j, value }) => ({ name: 'slot_cosine_by_pair', label: '', i, j, value })),
  ];
}

function angleRows(slots: readonly Slot[], ranks: readonly number[]): AnalysisValue[] {
  const bases = slots.map(({ components }, i) => subspace(components, ranks[i] ?? 0));
  return bases.flatMap((a, i) =>
    bases.slice(i + 1).flatMap((b, index) => {
      const angles = a === null || b === null ? [] : principalAngles(a, b);
      const mean = angles.reduce((sum, angle) => sum + angle, 0) / angles.length;
      const values = { smallest: angles[0] ?? Number.NaN, mean, largest: angles.at(-1) ?? Number.NaN };
      return Object.entries(values).map(([label, value]) => ({
        ...{ name: 'principal_angle', label, value },
        ...{ i, j: i + 1 + index },
      }));
    }),
  );
}
