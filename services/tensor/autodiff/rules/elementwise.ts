// Gradients of elementwise operators. Where an operand was broadcast, its gradient is summed back to its shape.

import { at, div, identity, mul, neg, scale, sub, where } from '../../graph/index.ts';
import type { Rule } from '../rule.ts';
import { only, operands, sumToShape } from './operands.ts';

const addRule: Rule = ({ node, outputGradients }) => {
  const d = only(outputGradients);
  return node.inputs.map((input) => () => sumToShape(d, input.shape));
};

const subRule: Rule = ({ node, outputGradients }) => {
  const [a, b] = operands(node.inputs);
  const d = only(outputGradients);
  return [() => sumToShape(d, a.shape), () => neg(sumToShape(d, b.shape))];
};

const mulRule: Rule = ({ node, outputGradients }) => {
  const [a, b] = operands(node.inputs);
  const d = only(outputGradients);
  return [() => sumToShape(mul(d, b), a.shape), () => sumToShape(mul(d, a), b.shape)];
};

const divRule: Rule = ({ node, outputGradients }) => {
  const [a, b] = operands(node.inputs);
  const d = only(outputGradients);
  return [() => sumToShape(div(d, b), a.shape), () => neg(sumToShape(div(mul(d, at(node.outputs, 0)), b), b.shape))];
};

const whereRule: Rule = ({ node, outputGradients }) => {
  const condition = at(node.inputs, 0);
  const [yes, no] = operands(node.inputs.slice(1));
  const d = only(outputGradients);
  const zero = d.graph.scalar(0);
  return [
    null,
    () => sumToShape(where(condition, d, zero), yes.shape),
    () => sumToShape(where(condition, zero, d), no.shape),
  ];
};

const expRule: Rule = ({ node, outputGradients }) => [() => mul(only(outputGradients), at(node.outputs, 0))];
const negRule: Rule = ({ outputGradients }) => [() => neg(only(outputGradients))];
const identityRule: Rule = ({ outputGradients }) => [() => identity(only(outputGradients))];
const sqrtRule: Rule = ({ node, outputGradients }) => [
  () => div(scale(only(outputGradients), 0.5), at(node.outputs, 0)),
];

const sigmoidRule: Rule = ({ node, outputGradients }) => {
  const s = at(node.outputs, 0);
  return [() => mul(only(outputGradients), sub(s, mul(s, s)))];
};

export const elementwiseRules: Readonly<Record<string, Rule>> = {
  Add: addRule,
  Sub: subRule,
  Mul: mulRule,
  Div: divRule,
  Where: whereRule,
  Exp: expRule,
  Neg: negRule,
  Sqrt: sqrtRule,
  Sigmoid: sigmoidRule,
  Identity: identityRule,
};
