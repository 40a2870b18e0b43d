// Scaled dot-product attention with a gradient of its own: the softmax's backward needs the row sums of P dP, which
// equal those of O dO, an array of head width instead of one of key count (the identity flash attention uses).
// Legend: B batch, G key/value heads, R query heads per key/value head, Q queries, S keys, K head width.

import { add, at, batchMatMul, mul, reduceSum, reshape, softmax, sub, type Tensor } from '../graph/index.ts';
import { withGradient } from './custom-gradient.ts';
import { after } from './recompute.ts';

/**
 * softmax(q k^T / sqrt(K) + mask) v.
 * @param q_BHQK queries, H = G * R; query head h reads key/value head floor(h / R)
 * @param k_BGSK keys
 * @param v_BGSK values
 * @param mask additive, broadcastable to [B, 1, Q, S]: 0 where visible, very negative elsewhere
 * @param observe is shown the softmax [B, H, Q, S]
 * @returns o_BHQK
 */
export function attention(
  q_BHQK: Tensor,
  k_BGSK: Tensor,
  v_BGSK: Tensor,
  mask: Tensor,
  observe: ((p_BHQS: Tensor) => void) | null = null,
): Tensor {
  const [batch, heads, queries, headWidth] = [
    at(q_BHQK.shape, 0),
    at(q_BHQK.shape, 1),
    at(q_BHQK.shape, 2),
    at(q_BHQK.shape, 3),
  ];
  const [groups, keys] = [at(k_BGSK.shape, 1), at(k_BGSK.shape, 2)];
  const repeat = heads / groups;
  const grouped = [batch, groups, repeat * queries, headWidth];
  const alpha = 1 / Math.sqrt(headWidth);

  // the R query heads of a key/value head are stacked along its query axis
  const q_BGRQK = reshape(q_BHQK, grouped);
  const weights = (from_BGRQK: Tensor): Tensor => {
    const scores = reshape(batchMatMul(from_BGRQK, k_BGSK, { transB: true, alpha }), [batch, heads, queries, keys]);
    return softmax(add(scores, mask));
  };
  const stacked = (p_BHQS: Tensor) => reshape(p_BHQS, [batch, groups, repeat * queries, keys]);
  const p_BHQS = weights(q_BGRQK);
  observe?.(p_BHQS);
  const p_BGRQS = stacked(p_BHQS);
  const o_BGRQK = batchMatMul(p_BGRQS, v_BGSK);

  const output = withGradient(o_BGRQK, {
    inputs: [q_BGRQK, k_BGSK, v_BGSK],
    rule: (do_BGRQK) => {
      const kept_BGRQS = q_BHQK.graph.recomputes ? stacked(weights(after(q_BGRQK, do_BGRQK))) : p_BGRQS;
      const dScores = () => {
        const dp = batchMatMul(do_BGRQK, v_BGSK, { transB: true });
        return mul(kept_BGRQS, sub(dp, reduceSum(mul(do_BGRQK, o_BGRQK), [-1], true)));
      };
      return [
        () => batchMatMul(dScores(), k_BGSK, { alpha }),
        () => batchMatMul(dScores(), q_BGRQK, { transA: true, alpha }),
        () => batchMatMul(kept_BGRQS, do_BGRQK, { transA: true }),
      ];
    },
  });
  return reshape(output, q_BHQK.shape);
}
