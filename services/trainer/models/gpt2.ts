// GPT-2: learned positions, pre-LayerNorm, fused q/k/v projection, tanh GELU. Semantics of `GPT2Model` in transformers.
// Legend: B batch, Q rows per batch row, R = B * Q, D width, H heads, K head width, S keys.

import { attention, gelu, layerNorm, recomputed } from '../../tensor/autodiff/index.ts';
import { add, at, gather, gemm, reshape, slice, split, type Tensor, transpose } from '../../tensor/graph/index.ts';
import type { Gpt2Config } from './config.ts';
import type { CacheEntries, Parameters, Pass, PassResult } from './pass.ts';

export function gpt2Pass(config: Gpt2Config, parameter: Parameters, pass: Pass): PassResult {
  const cache: CacheEntries[] = [];
  let x_RD = addPositions(config, parameter('transformer.wpe.weight'), pass);
  for (let layer = 0; layer < config.layers; layer++) {
    const own = (name: string) => parameter(`transformer.h.${layer}.${name}`);
    const norm = (x: Tensor, name: string) =>
      layerNorm(x, own(`${name}.weight`), own(`${name}.bias`), config.normEpsilon);
    const project = (x: Tensor, name: string) => gemm(x, own(`${name}.weight`), { bias: own(`${name}.bias`) });

    const [q_BHQK, entries] = splitHeads(config, project(norm(x_RD, 'ln_1'), 'attn.c_attn'), pass);
    cache.push(entries);
    const past = pass.past(layer);
    const { k_BGSK, v_BGSK } = past.withOwn(entries);
    const o_BHQK = attention(q_BHQK, k_BGSK, v_BGSK, past.mask, past.observe);
    x_RD = add(x_RD, project(reshape(transpose(o_BHQK, [0, 2, 1, 3]), x_RD.shape), 'attn.c_proj'));

    const feedForward = (x: Tensor) => project(gelu(project(norm(x, 'ln_2'), 'mlp.c_fc')), 'mlp.c_proj');
    x_RD = add(x_RD, recomputed(x_RD, feedForward));
  }
  const hidden_RD = layerNorm(
    x_RD,
    parameter('transformer.ln_f.weight'),
    parameter('transformer.ln_f.bias'),
    config.normEpsilon,
  );
  return { hidden_RD, cache };
}

function addPositions(config: Gpt2Config, table_PD: Tensor, { rows_RD, positions, batch, queries }: Pass): Tensor {
  if ('firstPositions' in positions) {
    const x_BQD = reshape(rows_RD, [batch, queries, config.width]);
    return reshape(add(x_BQD, slice(table_PD, 0, 0, positions.firstPositions)), rows_RD.shape);
  }
  return add(rows_RD, reshape(gather(table_PD, positions), rows_RD.shape));
}

/** qkv [R, 3D] to heads: queries [B, H, Q, K] and the rows' cache entries. */
function splitHeads(config: Gpt2Config, qkv: Tensor, { batch, queries }: Pass): readonly [Tensor, CacheEntries] {
  const headWidth = config.width / config.heads;
  const apart = transpose(reshape(qkv, [batch, queries, 3, config.heads, headWidth]), [2, 0, 3, 1, 4]);
  const heads = split(apart, 0, [1, 1, 1]).map((part) => reshape(part, [batch, config.heads, queries, headWidth]));
  return [at(heads, 0), { k_BGSK: at(heads, 1), v_BGSK: at(heads, 2) }];
}
