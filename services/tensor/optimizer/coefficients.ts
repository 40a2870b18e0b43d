// The scalars of one AdamW update, in float64 on the host: bias correction, clipping and decay folded so that the graph
// makes as few passes as it can (docs/design/probe.md section 7).
import type { Coefficient } from './adamw-graph.ts';
import type { OptimizerConfig } from './types.ts';

/**
 * @param update 1 for the first update since the moments were zero
 * @param gradNorm Euclidean norm of all gradients
 */
export function updateCoefficients(
  config: OptimizerConfig,
  learningRate: number,
  decays: boolean,
  update: number,
  gradNorm: number,
): Readonly<Record<Coefficient, number>> {
  const [beta1, beta2] = config.betas;
  const clip = config.clip === null ? 1 : Math.min(1, config.clip / (gradNorm + 1e-6));
  const rootCorrection = Math.sqrt(1 - beta2 ** update);
  return {
    beta1,
    gradToM: (1 - beta1) * clip,
    beta2,
    gradToRootV: Math.sqrt(1 - beta2) * clip,
    // m^ / (sqrt(v / c2) + eps) = sqrt(c2) m^ / (sqrt(v) + eps sqrt(c2))
    epsilon: config.eps * rootCorrection,
    step: (learningRate * rootCorrection) / (1 - beta1 ** update),
    keep: decays ? 1 - learningRate * config.weightDecay : 1,
  };
}
