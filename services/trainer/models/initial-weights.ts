// Weights from scratch by the rules of each family in transformers (`_init_weights`): normal with deviation 0.02 for matrices and
// embeddings, ones for norms, zeros for biases; GPT-2 shrinks the two projections that write to the residual stream.

import { draws } from '../random/draws.ts';
import type { ModelConfig } from './config.ts';

/** `initializer_range` of both families. */
export const INITIAL_DEVIATION = 0.02;

/** One stream of draws per tensor: pure in (config, label, seed, name), whatever else is initialised. */
export function initialWeight(
  config: ModelConfig,
  label: string,
  seed: number,
  name: string,
  shape: readonly number[],
): Float32Array {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const deviation = deviationOf(config, name, shape);
  if (deviation > 0) {
    const source = draws(`${label}.${name}`, seed);
    for (let i = 0; i < data.length; i++) data[i] = deviation * source.normal();
  } else if (!name.endsWith('.bias')) {
    data.fill(1);
  }
  return data;
}

function deviationOf(config: ModelConfig, name: string, shape: readonly number[]): number {
  if (shape.length < 2) return 0;
  const writesResidual = config.kind === 'gpt2' && name.endsWith('c_proj.weight');
  return writesResidual ? INITIAL_DEVIATION / Math.sqrt(2 * config.layers) : INITIAL_DEVIATION;
}

/** Tensors of layer `i` under the name of layer `to`; others unchanged. */
export function renameLayer(name: string, to: (layer: number) => number): string {
  return name.replace(
    /^(transformer\.h|model\.layers)\.(\d+)\./,
    (_, prefix: string, layer: string) => `${prefix}.${to(Number(layer))}.`,
  );
}

/** The projections of a layer that write to the residual stream; with both at zero a layer changes nothing. */
export const writesResidual = (name: string): boolean =>
  /\.(?:attn|mlp)\.c_proj\.|\.self_attn\.o_proj\.|\.mlp\.down_proj\./.test(name);
