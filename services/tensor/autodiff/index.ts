// The border of differentiation.
export { gelu, silu } from './activations.ts';
export { arrangeRows } from './arrange-rows.ts';
export { attention } from './attention.ts';
export { crossEntropy } from './cross-entropy.ts';
export { stopGradient, withGradient } from './custom-gradient.ts';
export { gradients } from './gradients.ts';
export { layerNorm, rmsNorm } from './normalise.ts';
export { recomputed } from './recompute.ts';
