// Qwen-3: RMSNorm, grouped-query attention with normalised and rotated queries and keys, SwiGLU, no biases.
// Semantics of `Qwen3Model` in transformers.
// Legend: B batch, Q rows per batch row, R = B * Q, D width, H query heads, G key/value heads, K head width, S keys, P positions.

import { attention, recomputed, rmsNorm, silu } from '../../tensor/autodiff/index.ts';
import { add, gemm, mul, reshape, rotate, type Tensor, transpose } from '../../tensor/graph/index.ts';
import type { Qwen3Config } from './config.ts';
import type { CacheEntries, Parameters, Pass, PassResult } from './pass.ts';

/** @param positionCount rows of the rotation tables: one more than the largest position of the pass */
export function qwen3Pass(config: Qwen3Config, parameter: Parameters, pass: Pass, positionCount: number): PassResult {
  const { batch, queries } = pass;
  const cache: CacheEntries[] = [];
  const rotation = rotationTables(config, pass, positionCount);
  let x_RD = pass.rows_RD;
  for (let layer = 0; layer < config.layers; layer++) {
    const own = (name: string) => parameter(`model.layers.${layer}.${name}.weight`);
    const norm = (x: Tensor, name: string) => rmsNorm(x, own(name), config.normEpsilon);
    const project = (x: Tensor, name: string) => gemm(x, own(name), { transB: true });
    const toHeads = (x: Tensor, heads: number) =>
      transpose(reshape(x, [batch, queries, heads, config.headWidth]), [0, 2, 1, 3]);
    /** Normalised per head, then rotated. */
    const normedHeads = (x: Tensor, heads: number, name: string) => {
      const perHead = norm(reshape(x, [batch * queries * heads, config.headWidth]), name);
      return rotate(toHeads(perHead, heads), rotation.positions_BQ, rotation.cos_PK2, rotation.sin_PK2);
    };

    const h_RD = norm(x_RD, 'input_layernorm');
    const q_BHQK = normedHeads(project(h_RD, 'self_attn.q_proj'), config.heads, 'self_attn.q_norm');
    const entries = {
      k_BGSK: normedHeads(project(h_RD, 'self_attn.k_proj'), config.keyValueHeads, 'self_attn.k_norm'),
      v_BGSK: toHeads(project(h_RD, 'self_attn.v_proj'), config.keyValueHeads),
    };
    cache.push(entries);
    const past = pass.past(layer);
    const { k_BGSK, v_BGSK } = past.withOwn(entries);
    const o_BHQK = attention(q_BHQK, k_BGSK, v_BGSK, past.mask, past.observe);
    const o_RD = reshape(transpose(o_BHQK, [0, 2, 1, 3]), [batch * queries, config.heads * config.headWidth]);
    x_RD = add(x_RD, project(o_RD, 'self_attn.o_proj'));

    const feedForward = (x: Tensor) => {
      const m_RD = norm(x, 'post_attention_layernorm');
      return project(mul(silu(project(m_RD, 'mlp.gate_proj')), project(m_RD, 'mlp.up_proj')), 'mlp.down_proj');
    };
    x_RD = add(x_RD, recomputed(x_RD, feedForward));
  }
  return { hidden_RD: rmsNorm(x_RD, parameter('model.norm.weight'), config.normEpsilon), cache };
}

/**
 * Keys turned on by as many positions as given, or back: what a key at position p becomes at p + positions (rotations add up).
 * @param positions_BS int64
 * @param positionCount one more than the largest of them, and not below S
 */
export function rotateQwen3Keys(
  config: Qwen3Config,
  k_BGSK: Tensor,
  positions_BS: Tensor,
  direction: 'on' | 'back',
  positionCount: number,
): Tensor {
  const { cos_PK2, sin_PK2 } = tables(config, k_BGSK, positionCount, direction === 'on' ? 1 : -1);
  return rotate(k_BGSK, positions_BS, cos_PK2, sin_PK2);
}

interface Rotation {
  readonly positions_BQ: Tensor;
  readonly cos_PK2: Tensor;
  readonly sin_PK2: Tensor;
}

/** Angle of pair i at a position: position * theta^(-2i / K), tables computed in float64. */
function rotationTables(
  config: Qwen3Config,
  { rows_RD, positions, batch, queries }: Pass,
  positionCount: number,
): Rotation {
  const counted = () => {
    const data = BigInt64Array.from({ length: batch * queries }, (_, index) => BigInt(index % queries));
    return rows_RD.graph.constant(data, [batch, queries]);
  };
  return {
    positions_BQ: 'firstPositions' in positions ? counted() : positions,
    ...tables(config, rows_RD, positionCount, 1),
  };
}

function tables(config: Qwen3Config, { graph }: Tensor, positionCount: number, sign: 1 | -1) {
  const half = config.headWidth / 2;
  const table = (f: (angle: number) => number) => {
    const data = new Float32Array(positionCount * half);
    for (let position = 0; position < positionCount; position++) {
      for (let i = 0; i < half; i++) data[position * half + i] = f(sign * position * config.ropeTheta ** (-i / half));
    }
    return graph.constant(data, [positionCount, half]);
  };
  return { cos_PK2: table(Math.cos), sin_PK2: table(Math.sin) };
}
