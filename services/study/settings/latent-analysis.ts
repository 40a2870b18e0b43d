// What a trial asks of its latents besides accuracy: causal tests at evaluation, and the geometry of the latent space (docs/design/study.md
// section 7). Both are for systems with latents; in a sweep that mixes systems, the others have neither.

import { z } from 'zod';

const count = z.number().int().min(1);

/** What is put in place of the latents (services/trainer/analyses/README.md); `truncate: n` keeps the first n. */
export const interventionSchema = z.union([
  z.enum(['zero', 'shuffle', 'swap', 'mean']),
  z.strictObject({ truncate: z.number().int().min(0) }),
]);
export type Intervention = z.infer<typeof interventionSchema>;

/** How an intervention is named in results. */
export const interventionLabel = (intervention: Intervention): string =>
  typeof intervention === 'string' ? intervention : `truncate:${intervention.truncate}`;

/** Each once, in one order; none without latents. */
export function canonicalInterventions(interventions: readonly Intervention[], latents: number): Intervention[] {
  if (latents === 0) return [];
  const byLabel = new Map(interventions.map((one) => [interventionLabel(one), one]));
  return [...byLabel].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

export const analyseSchema = z.strictObject({
  split: z.enum(['valid', 'test']).default('test'),
  /** Items of the split, from its start; null = all. */
  items: count.nullable().default(512),
  batch: count.default(32),
  /** Share of a slot's variance that its main subspace must explain (tau). */
  threshold: z.number().gt(0).max(1).default(0.97),
  /** Items of the silhouette, which costs the square of their number. */
  silhouetteItems: count.default(256),
});
export type AnalyseSettings = z.infer<typeof analyseSchema>;
