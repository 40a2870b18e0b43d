// Weighted cross-entropy over rows of logits, with the short gradient (p - onehot) * weight.

import { exp, gatherElements, logSoftmax, mul, neg, reduceSum, scatterAdd, type Tensor } from '../graph/index.ts';
import { withGradient } from './custom-gradient.ts';

/**
 * sum over rows of weight * -log softmax(logits)[target], natural logarithm; a scalar.
 * @param logits_TV one row per scored target
 * @param targets_T1 int64
 * @param weights_T1 0 for rows that are padding
 */
export function crossEntropy(logits_TV: Tensor, targets_T1: Tensor, weights_T1: Tensor): Tensor {
  const logP_TV = logSoftmax(logits_TV);
  const loss = neg(reduceSum(mul(gatherElements(logP_TV, targets_T1), weights_T1), [0, 1]));
  return withGradient(loss, {
    inputs: [logits_TV],
    rule: (dLoss) => [
      () => {
        const dWeights_T1 = mul(weights_T1, dLoss);
        return scatterAdd(mul(exp(logP_TV), dWeights_T1), targets_T1, neg(dWeights_T1), 1);
      },
    ],
  });
}
