// Compares gradients from the graph with central differences of its output, element by element.

import assert from 'node:assert/strict';
import { gradients } from '../../services/tensor/autodiff/index.ts';
import { elementCount, Graph, mul, reduceSum, type Shape, type Tensor } from '../../services/tensor/graph/index.ts';
import type { TensorData } from '../../services/tensor/runtime/index.ts';
import { draws } from '../../services/trainer/random/draws.ts';
import { runnable } from './trainer-run-graph.ts';

export interface GradientCase {
  /** Differentiated inputs and where their values lie. */
  readonly inputs: readonly { readonly shape: Shape; readonly from?: number; readonly to?: number }[];
  /** The function, of the inputs in order; it may use constants of the graph. */
  readonly build: (inputs: readonly Tensor[], graph: Graph) => Tensor;
}

const STEP = 5e-3;
const TOLERANCE = 0.01;

/**
 * Gradients of sum(weight * build(inputs)), random values and weights, must be within 1 % of the tensor's largest gradient.
 * The sum is taken in float64, so that only the graph's own fp32 rounding is in the difference.
 */
export function checkGradients({ inputs, build }: GradientCase, seed: number): void {
  const source = draws('finite-difference', seed);
  const graph = new Graph();
  const tensors = inputs.map(({ shape }, i) => graph.input(`x${i}`, 'float32', shape));
  const y = build(tensors, graph);
  const weight = Float32Array.from({ length: elementCount(y.shape) }, () => source.normal());
  const weightTensor = graph.input('weight', 'float32', y.shape);
  const axes = y.shape.map((_, axis) => axis);
  const loss = axes.length > 0 ? reduceSum(mul(y, weightTensor), axes) : mul(y, weightTensor);
  const byTensor = gradients(loss, tensors);
  graph.output('y', y);
  tensors.forEach((tensor, i) => graph.output(`dx${i}`, byTensor.get(tensor) ?? graph.scalar(0)));

  const program = runnable(graph);
  try {
    const values = new Map<string, TensorData>([['weight', weight]]);
    inputs.forEach(({ shape, from = -1, to = 1 }, i) => {
      values.set(
        `x${i}`,
        Float32Array.from({ length: elementCount(shape) }, () => from + (to - from) * source.uniform()),
      );
    });
    const value = () =>
      (program.run(values).get('y') ?? new Float32Array()).reduce((sum, each, i) => sum + each * (weight[i] ?? 0), 0);
    const analytic = program.run(values);
    inputs.forEach((_, i) => {
      const gradient = analytic.get(`dx${i}`) ?? new Float32Array();
      const largest = gradient.reduce((most, each) => Math.max(most, Math.abs(each)), 0.1);
      const x = values.get(`x${i}`) as Float32Array;
      assert.equal(gradient.length, x.length);
      x.forEach((original, element) => {
        const at = (moved: number) => {
          x[element] = moved;
          return { moved: x[element] ?? 0, value: value() };
        };
        const [up, down] = [at(original + STEP), at(original - STEP)];
        x[element] = original;
        const numeric = (up.value - down.value) / (up.moved - down.moved);
        const off = Math.abs(numeric - (gradient[element] ?? Number.NaN));
        assert.ok(off <= TOLERANCE * largest, `input ${i}[${element}]: ${gradient[element]}, by difference ${numeric}`);
      });
    });
  } finally {
    program.release();
  }
}
