// Gradients of reductions, softmax and normalisations.

import {
  add,
  at,
  elementCount,
  expand,
  exp,
  gemm,
  mul,
  reduceSum,
  reshape,
  rotate,
  neg,
  scale,
  sub,
  type Tensor,
} from '../../graph/index.ts';
import type { Rule } from '../gradients.ts';
import { only, operands } from './elementwise.ts';

/** The gradient of a reduction stretched back over the reduced axes of `x`. */
function stretch(gradient: Tensor, x: Tensor, axes: Tensor): Tensor {
  const reduced = axes.source.kind === 'constant' ? Array.from(axes.source.data, Number) : [];
  return expand(
    reshape(
      gradient,
      x.shape.map((size, axis) => (reduced.includes(axis) ? 1 : size)),
    ),
    x.shape,
  );
}

const sumRule: Rule = ({ node, outputGradients }) => {
  const [x, axes] = operands(node.inputs);
  return [() => stretch(only(outputGradients), x, axes), null];
};

const meanRule: Rule = ({ node, outputGradients }) => {
  const [x, axes] = operands(node.inputs);
  const factor = elementCount(at(node.outputs, 0).shape) / elementCount(x.shape);
  return [() => stretch(scale(only(outputGradients), factor), x, axes), null];
};

const softmaxRule: Rule = ({ node, outputGradients }) => {
  const p = at(node.outputs, 0);
  const d = only(outputGradients);
  return [() => mul(p, sub(d, reduceSum(mul(d, p), [-1], true)))];
};

const logSoftmaxRule: Rule = ({ node, outputGradients }) => {
  const d = only(outputGradients);
  return [() => sub(d, mul(exp(at(node.outputs, 0)), reduceSum(d, [-1], true)))];
};

/** [..., D] as [rows, D]. */
const asRows = (x: Tensor): Tensor => reshape(x, [elementCount(x.shape.slice(0, -1)), at(x.shape, -1)]);

/**
 * With x^ the normalised input, r the inverse deviation and w = dy * weight:
 * dx = r (w - mean(w) - x^ mean(w x^)); d weight = sum(dy x^); d bias = sum(dy).
 * The two means are matrix-vector products with the weight, so w x^ is never written.
 */
const layerNormRule: Rule = ({ node, outputGradients }) => {
  const [x, weight] = operands(node.inputs);
  const dy_RD = asRows(only(outputGradients));
  const [rows, width] = [at(dy_RD.shape, 0), at(dy_RD.shape, 1)];
  const inverse_R1 = reshape(at(node.outputs, 2), [rows, 1]);
  const mean_R1 = reshape(at(node.outputs, 1), [rows, 1]);
  const normal_RD = () => mul(sub(asRows(x), mean_R1), inverse_R1);
  const weight_D1 = reshape(weight, [width, 1]);
  return [
    () => {
      const alpha = 1 / width;
      const meanOfW_R1 = mul(gemm(dy_RD, weight_D1, { alpha }), inverse_R1);
      const meanOfWx_R1 = mul(gemm(mul(dy_RD, normal_RD()), weight_D1, { alpha }), inverse_R1);
      const along_RD = add(mul(normal_RD(), meanOfWx_R1), meanOfW_R1);
      return reshape(sub(mul(mul(dy_RD, weight), inverse_R1), along_RD), x.shape);
    },
    () => reduceSum(mul(dy_RD, normal_RD()), [0]),
    () => reduceSum(dy_RD, [0]),
  ];
};

/** As layerNormRule without mean and bias: dx = r (w - x^ mean(w x^)). */
const rmsNormRule: Rule = ({ node, outputGradients }) => {
  const [x, weight] = operands(node.inputs);
  const dy_RD = asRows(only(outputGradients));
  const [rows, width] = [at(dy_RD.shape, 0), at(dy_RD.shape, 1)];
  const inverse_R1 = reshape(at(node.outputs, 1), [rows, 1]);
  const normal_RD = () => mul(asRows(x), inverse_R1);
  return [
    () => {
      const meanOfWx_R1 = gemm(mul(dy_RD, normal_RD()), reshape(weight, [width, 1]), { alpha: 1 / width });
      return reshape(mul(sub(mul(dy_RD, weight), mul(normal_RD(), meanOfWx_R1)), inverse_R1), x.shape);
    },
    () => reduceSum(mul(dy_RD, normal_RD()), [0]),
  ];
};

/** A rotation's gradient is the rotation back. */
const rotateRule: Rule = ({ node, outputGradients }) => [
  () => rotate(only(outputGradients), at(node.inputs, 1), at(node.inputs, 2), neg(at(node.inputs, 3))),
  null,
  null,
  null,
];

export const reduceRules: Readonly<Record<string, Rule>> = {
  ReduceSum: sumRule,
  ReduceMean: meanRule,
  Softmax: softmaxRule,
  LogSoftmax: logSoftmaxRule,
  LayerNormalization: layerNormRule,
  SimplifiedLayerNormalization: rmsNormRule,
  RotaryEmbedding: rotateRule,
};
