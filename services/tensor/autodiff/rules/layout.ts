// Gradients of operators that only move data: each is another move.

import { at, concat, reshape, slice, split, type Tensor, transpose, zeros } from '../../graph/index.ts';
import type { Rule } from '../rule.ts';
import { only, operands, sumToShape } from './operands.ts';

const reshapeRule: Rule = ({ node, outputGradients }) => [
  () => reshape(only(outputGradients), at(node.inputs, 0).shape),
  null,
];

const expandRule: Rule = ({ node, outputGradients }) => [
  () => sumToShape(only(outputGradients), at(node.inputs, 0).shape),
  null,
];

const transposeRule: Rule = ({ node, outputGradients }) => {
  const { perm } = node.attributes;
  const axes = perm?.kind === 'ints' ? perm.value : [];
  return [
    () =>
      transpose(
        only(outputGradients),
        axes.map((_, axis) => axes.indexOf(axis)),
      ),
  ];
};

const axisOf = (node: Parameters<Rule>[0]['node']): number => {
  const { axis } = node.attributes;
  if (axis?.kind !== 'int') throw new TypeError(`${node.op} has no axis`);
  return axis.value;
};

const concatRule: Rule = ({ node, outputGradients, wanted }) => {
  const axis = axisOf(node);
  const d = only(outputGradients);
  const sizes = node.inputs.map((input) => at(input.shape, axis));
  const single = wanted.filter(Boolean).length === 1;
  return node.inputs.map((_, index) => () => {
    if (!single) return at(split(d, axis, sizes), index);
    const from = sizes.slice(0, index).reduce((a, b) => a + b, 0);
    return slice(d, axis, from, from + at(sizes, index));
  });
};

const splitRule: Rule = ({ node, outputGradients }) => [
  () => {
    const some = outputGradients.find((gradient) => gradient !== null) as Tensor;
    return concat(
      node.outputs.map((output, index) => outputGradients[index] ?? zeros(some, output.shape)),
      axisOf(node),
    );
  },
  null,
];

const sliceRule: Rule = ({ node, outputGradients }) => {
  const [x, from, , axisTensor] = node.inputs;
  return [
    () => {
      const d = only(outputGradients);
      if (!x) throw new TypeError('Slice without input');
      const axis = constantIndex(axisTensor);
      const start = constantIndex(from);
      const before = zeros(
        d,
        x.shape.map((size, index) => (index === axis ? start : size)),
      );
      const rest = at(x.shape, axis) - start - at(d.shape, axis);
      const after = zeros(
        d,
        x.shape.map((size, index) => (index === axis ? rest : size)),
      );
      return concat([...(start > 0 ? [before] : []), d, ...(rest > 0 ? [after] : [])], axis);
    },
  ];
};

function constantIndex(tensor: Tensor | undefined): number {
  if (tensor?.source.kind !== 'constant') throw new TypeError('Slice bounds must be constants');
  return Number(tensor.source.data[0]);
}

const gatherRule: Rule = ({ node, outputGradients }) => {
  const [table, indices] = operands(node.inputs);
  const d = only(outputGradients);
  const rows = indices.shape.reduce((a, b) => a * b, 1);
  return [
    () => ({ kind: 'rows', indices: reshape(indices, [rows]), updates: reshape(d, [rows, ...table.shape.slice(1)]) }),
    null,
  ];
};

export const layoutRules: Readonly<Record<string, Rule>> = {
  Reshape: reshapeRule,
  Expand: expandRule,
  Transpose: transposeRule,
  Concat: concatRule,
  Split: splitRule,
  Slice: sliceRule,
  Gather: gatherRule,
};
