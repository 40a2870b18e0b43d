// Gradients of matrix products: again matrix products, transposed by attribute.

import { at, batchMatMul, gemm, type Node } from '../../graph/index.ts';
import type { Rule } from '../rule.ts';
import { only, operands, sumToShape } from './operands.ts';

function productOptions(node: Node): { transA: boolean; transB: boolean; alpha: number } {
  const number = (name: string) => {
    const attribute = node.attributes[name];
    return attribute?.kind === 'int' || attribute?.kind === 'float' ? attribute.value : 0;
  };
  return { transA: number('transA') === 1, transB: number('transB') === 1, alpha: number('alpha') };
}

/** y = alpha op(a) op(b) (+ bias), for Gemm and FusedMatMul alike. */
const productRule: Rule = ({ node, outputGradients }) => {
  const [a, b] = operands(node.inputs);
  const bias = node.inputs[2];
  const { transA, transB, alpha } = productOptions(node);
  const product = node.op === 'Gemm' ? gemm : batchMatMul;
  const d = only(outputGradients);
  return [
    () => (transA ? product(b, d, { transA: transB, transB: true, alpha }) : product(d, b, { transB: !transB, alpha })),
    () => (transB ? product(d, a, { transA: true, transB: transA, alpha }) : product(a, d, { transA: !transA, alpha })),
    bias ? () => sumToShape(d, at(node.inputs, 2).shape) : null,
  ];
};

export const matmulRules: Readonly<Record<string, Rule>> = { Gemm: productRule, FusedMatMul: productRule };
