// What a trial asks of its latents besides accuracy: causal tests at evaluation, and the geometry of the latent space (docs/design/study.md
// section 7). Both are for systems with latents; in a sweep that mixes systems, the others have neither.

import { z } from 'zod';

const count = z.number().int().min(1);

/** What is put in place of the latents (services/trainer/analyses/README.md); `truncate: n` keeps the first n. */
export const interventionSchema = z.union([
  z.enum(['zero', 'shuffle', 'swap', 'mean']),
  z.strictObject({
    truncate: z
      .number()
      .int()
      .min(0)
      .meta({ description: 'Latents that are kept, from the first.', unit: 'latents', examples: [2] }),
  }),
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
  split: z.enum(['valid', 'test']).default('test').meta({ description: 'The split whose items are looked at.' }),
  items: count.nullable().default(512).meta({
    description: 'Items of the split, from its start. null: all.',
    unit: 'items',
  }),
  batch: count.default(32).meta({ description: 'Items that are computed together.', unit: 'items' }),
  threshold: z.number().gt(0).max(1).default(0.97).meta({
    description: 'tau: share of a slot’s variance that its main subspace must explain.',
  }),
  silhouetteItems: count.default(256).meta({
    description: 'Items of the silhouette, which costs the square of their number.',
    unit: 'items',
  }),
});
export type AnalyseSettings = z.infer<typeof analyseSchema>;
