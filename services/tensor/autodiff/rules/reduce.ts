// Gradients of reductions, softmax and rotation.

import {
  at,
  elementCount,
  exp,
  expand,
  mul,
  neg,
  reduceSum,
  reshape,
  rotate,
  scale,
  sub,
  type Tensor,
} from '../../graph/index.ts';
import type { Rule } from '../rule.ts';
import { only, operands } from './operands.ts';

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
  RotaryEmbedding: rotateRule,
};
