// The border of the analyses.
export { cyclicDonors, LatentMean, replacedLatents } from './interventions.ts';
export { type GeometryOptions, LatentGeometry, latentGeometry } from './latent-geometry.ts';
export type { LatentRows } from './latent-rows.ts';
