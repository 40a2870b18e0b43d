// Every gradient rule against finite differences on random shapes. A rule without a case fails here.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  arrangeRows,
  attention,
  crossEntropy,
  gelu,
  gradients,
  layerNorm,
  rmsNorm,
  silu,
  stopGradient,
  withGradient,
} from '../../services/tensor/autodiff/index.ts';
import { RULES } from '../../services/tensor/autodiff/rules/index.ts';
import {
  add,
  at,
  batchMatMul,
  concat,
  div,
  exp,
  expand,
  Graph,
  gather,
  gemm,
  greater,
  identity,
  logSoftmax,
  mul,
  neg,
  reduceMean,
  reduceSum,
  reshape,
  rotate,
  type Shape,
  sigmoid,
  slice,
  softmax,
  split,
  sqrt,
  sub,
  type Tensor,
  transpose,
  where,
} from '../../services/tensor/graph/index.ts';
import { checkGradients, type GradientCase } from './trainer-finite-difference.ts';

const size = fc.integer({ min: 1, max: 4 });
const shape = fc.array(size, { minLength: 1, maxLength: 3 });
const rows = fc.tuple(size, fc.integer({ min: 2, max: 6 }));

/** Two shapes that broadcast: axes of either are dropped from the front or set to 1. */
const broadcast = fc
  .tuple(
    shape,
    fc.array(fc.constantFrom('both', 'left', 'right'), { minLength: 3, maxLength: 3 }),
    fc.integer({ min: 0, max: 2 }),
  )
  .map(([full, stretched, dropped]): readonly [Shape, Shape] => {
    const left = full.map((length, axis) => (stretched[axis] === 'left' ? 1 : length));
    const right = full
      .map((length, axis) => (stretched[axis] === 'right' ? 1 : length))
      .slice(Math.min(dropped, full.length - 1));
    return dropped % 2 === 0 ? [left, right] : [right, left];
  });

const unary = (f: (x: Tensor) => Tensor, range: { from?: number; to?: number } = {}) =>
  shape.map((x): GradientCase => ({ inputs: [{ shape: x, ...range }], build: ([a]) => f(a as Tensor) }));

const binary = (f: (a: Tensor, b: Tensor) => Tensor, second: { from?: number; to?: number } = {}) =>
  broadcast.map(
    ([a, b]): GradientCase => ({
      inputs: [{ shape: a }, { shape: b, ...second }],
      build: ([left, right]) => f(left as Tensor, right as Tensor),
    }),
  );

const flags = fc.tuple(fc.boolean(), fc.boolean(), fc.constantFrom(1, 0.5));

/** Integer index tensor [n]. */
const indexTensor = (graph: Graph, values: readonly number[], of: Shape) =>
  graph.constant(BigInt64Array.from(values, BigInt), of);

const CASES: Readonly<Record<string, fc.Arbitrary<GradientCase>>> = {
  Add: binary(add),
  Sub: binary(sub),
  Mul: binary(mul),
  Div: binary(div, { from: 0.7, to: 2 }),
  Where: fc.tuple(broadcast, fc.integer({ min: 0, max: 99 })).map(
    ([[a, b], salt]): GradientCase => ({
      inputs: [{ shape: a }, { shape: b }],
      build: ([yes, no], graph) => {
        const values = Float32Array.from({ length: at(b, -1) }, (_, i) => ((i * 7 + salt) % 3) - 1);
        const condition = greater(graph.constant(values, [values.length]), graph.scalar(0));
        return where(condition, yes as Tensor, no as Tensor);
      },
    }),
  ),
  Exp: unary(exp),
  Neg: unary(neg),
  Sqrt: unary(sqrt, { from: 0.3, to: 2 }),
  Sigmoid: unary(sigmoid, { from: -3, to: 3 }),
  Identity: unary(identity),
  Reshape: unary((x) => exp(reshape(x, [x.shape.reduce((a, b) => a * b, 1)]))),
  Expand: broadcast.map(
    ([small, other]): GradientCase => ({
      inputs: [{ shape: small }],
      build: ([x]) => {
        const rank = Math.max(small.length, other.length);
        const full = Array.from({ length: rank }, (_, axis) => {
          const [own, theirs] = [small[axis - rank + small.length] ?? 1, other[axis - rank + other.length] ?? 1];
          return Math.max(own, theirs);
        });
        return expand(x as Tensor, full);
      },
    }),
  ),
  Transpose: fc
    .tuple(fc.tuple(size, size, size), fc.shuffledSubarray([0, 1, 2], { minLength: 3 }))
    .map(([x, axes]): GradientCase => ({ inputs: [{ shape: x }], build: ([a]) => transpose(a as Tensor, axes) })),
  Concat: fc.tuple(fc.array(size, { minLength: 2, maxLength: 3 }), size, fc.boolean()).map(
    ([lengths, other, leading]): GradientCase => ({
      inputs: lengths.map((length) => ({ shape: leading ? [length, other] : [other, length] })),
      build: (parts) => concat(parts, leading ? 0 : 1),
    }),
  ),
  // the parts are used unequally, and the last one not at all
  Split: fc.tuple(fc.array(size, { minLength: 3, maxLength: 3 }), size).map(
    ([lengths, other]): GradientCase => ({
      inputs: [{ shape: [other, lengths.reduce((a, b) => a + b, 0)] }],
      build: ([x]) => {
        const parts = split(x as Tensor, 1, lengths);
        return concat([exp(at(parts, 0)), at(parts, 1), at(parts, 0)], 1);
      },
    }),
  ),
  Slice: fc.tuple(size, size, size, size).map(
    ([before, length, after, other]): GradientCase => ({
      inputs: [{ shape: [other, before + length + after - 2] }],
      build: ([x]) => slice(x as Tensor, 1, before - 1, before - 1 + length),
    }),
  ),
  // rows repeat
  Gather: fc.tuple(size, size, fc.array(fc.nat(), { minLength: 1, maxLength: 6 })).map(
    ([count, width, picks]): GradientCase => ({
      inputs: [{ shape: [count, width] }],
      build: ([table], graph) => {
        const indices = indexTensor(
          graph,
          picks.map((pick) => pick % count),
          [1, picks.length],
        );
        return gather(table as Tensor, indices);
      },
    }),
  ),
  Gemm: fc.tuple(size, size, size, flags, fc.constantFrom('none', 'row', 'full')).map(
    ([m, k, n, [transA, transB, alpha], bias]): GradientCase => ({
      inputs: [
        { shape: transA ? [k, m] : [m, k] },
        { shape: transB ? [n, k] : [k, n] },
        ...(bias === 'none' ? [] : [{ shape: bias === 'row' ? [n] : [m, n] }]),
      ],
      build: ([a, b, c]) => gemm(a as Tensor, b as Tensor, { transA, transB, alpha, ...(c ? { bias: c } : {}) }),
    }),
  ),
  FusedMatMul: fc.tuple(fc.array(size, { minLength: 1, maxLength: 2 }), size, size, size, flags).map(
    ([batch, m, k, n, [transA, transB, alpha]]): GradientCase => ({
      inputs: [
        { shape: [...batch, ...(transA ? [k, m] : [m, k])] },
        { shape: [...batch, ...(transB ? [n, k] : [k, n])] },
      ],
      build: ([a, b]) => batchMatMul(a as Tensor, b as Tensor, { transA, transB, alpha }),
    }),
  ),
  ReduceSum: fc.tuple(fc.tuple(size, size, size), fc.subarray([0, 1, 2], { minLength: 1 }), fc.boolean()).map(
    ([x, axes, keep]): GradientCase => ({
      inputs: [{ shape: x }],
      build: ([a]) => exp(reduceSum(a as Tensor, axes, keep)),
    }),
  ),
  ReduceMean: fc.tuple(fc.tuple(size, size, size), fc.subarray([0, 1, 2], { minLength: 1 }), fc.boolean()).map(
    ([x, axes, keep]): GradientCase => ({
      inputs: [{ shape: x }],
      build: ([a]) => exp(reduceMean(a as Tensor, axes, keep)),
    }),
  ),
  Softmax: unary(softmax, { from: -2, to: 2 }),
  LogSoftmax: unary(logSoftmax, { from: -2, to: 2 }),
  RotaryEmbedding: fc.tuple(size, size, size, fc.constantFrom(8, 16)).map(
    ([batch, heads, count, headWidth]): GradientCase => ({
      inputs: [{ shape: [batch, heads, count, headWidth] }],
      build: ([x], graph) => {
        const half = headWidth / 2;
        const table = (f: (angle: number) => number) =>
          graph.constant(
            Float32Array.from({ length: 9 * half }, (_, i) => f(Math.floor(i / half) * 3 ** -(i % half))),
            [9, half],
          );
        const positions = indexTensor(
          graph,
          Array.from({ length: batch * count }, (_, i) => (i * 5 + 1) % 9),
          [batch, count],
        );
        return rotate(x as Tensor, positions, table(Math.cos), table(Math.sin));
      },
    }),
  ),
};

const layerNormCase = ([count, width]: readonly [number, number]): GradientCase => ({
  // rows spread out by a ramp: with equal values the function is not smooth at this step
  inputs: [{ shape: [count, width] }, { shape: [width] }, { shape: [width] }],
  build: ([x, weight, bias], graph) => {
    const ramp = graph.constant(
      Float32Array.from({ length: width }, (_, i) => 3 * (i % 2) + i),
      [width],
    );
    return layerNorm(add(x as Tensor, ramp), weight as Tensor, bias as Tensor, 1e-5);
  },
});

const rmsNormCase = ([count, width]: readonly [number, number]): GradientCase => ({
  inputs: [{ shape: [count, width], from: 0.3, to: 2 }, { shape: [width] }],
  build: ([x, weight]) => rmsNorm(x as Tensor, weight as Tensor, 1e-6),
});

/** Rows enough for the form that is written out, of which the last few have a gradient: differences of all would take minutes. */
const amongMany = ({ inputs: [x, ...rest], build }: GradientCase): GradientCase => ({
  inputs: [...(x ? [x] : []), ...rest],
  build: ([few, ...others], graph) => {
    const [count, width] = [at((few as Tensor).shape, 0), at((few as Tensor).shape, 1)];
    const many = Math.ceil(16_384 / width);
    const rest_RD = Float32Array.from({ length: many * width }, (_, i) => 0.5 + ((i * 7) % 11) / 10);
    const y = build([concat([graph.constant(rest_RD, [many, width]), few as Tensor], 0), ...others], graph);
    return slice(y, 0, many - 1, many + count);
  },
});

const CUSTOM: Readonly<Record<string, fc.Arbitrary<GradientCase>>> = {
  gelu: unary(gelu, { from: -3, to: 3 }),
  silu: unary(silu, { from: -3, to: 3 }),
  'layerNorm, one kernel': rows.map(layerNormCase),
  'layerNorm, written out': rows.map((row) => amongMany(layerNormCase(row))),
  'rmsNorm, one kernel': rows.map(rmsNormCase),
  'rmsNorm, written out': rows.map((row) => amongMany(rmsNormCase(row))),
  attention: fc.tuple(size, size, fc.integer({ min: 1, max: 3 }), size, size, size).map(
    ([batch, groups, repeat, queries, keys, width]): GradientCase => ({
      inputs: [
        { shape: [batch, groups * repeat, queries, width] },
        { shape: [batch, groups, keys, width] },
        { shape: [batch, groups, keys, width] },
      ],
      build: ([q, k, v], graph) => {
        // the first key is visible to all, of the others every third is hidden
        const hidden = Float32Array.from({ length: queries * keys }, (_, i) =>
          i % keys > 0 && i % 3 === 0 ? -1e9 : 0,
        );
        return attention(q as Tensor, k as Tensor, v as Tensor, graph.constant(hidden, [1, 1, queries, keys]));
      },
    }),
  ),
  crossEntropy: fc.tuple(size, fc.integer({ min: 2, max: 5 })).map(
    ([count, vocabulary]): GradientCase => ({
      inputs: [{ shape: [count, vocabulary], from: -2, to: 2 }],
      build: ([logits], graph) => {
        const targets = indexTensor(
          graph,
          Array.from({ length: count }, (_, i) => (i * 3 + 1) % vocabulary),
          [count, 1],
        );
        const weights = graph.constant(
          Float32Array.from({ length: count }, (_, i) => (i === 2 ? 0 : 1 / (i + 1))),
          [count, 1],
        );
        return crossEntropy(logits as Tensor, targets, weights);
      },
    }),
  ),
  // rows 1 .. n-1 in reverse; row 0 is not used
  arrangeRows: fc.tuple(fc.integer({ min: 2, max: 5 }), size).map(
    ([count, width]): GradientCase => ({
      inputs: [{ shape: [count, width] }],
      build: ([x], graph) => {
        const forward = Array.from({ length: count - 1 }, (_, i) => count - 1 - i);
        const backward = Array.from({ length: count }, (_, row) => (row === 0 ? count - 1 : count - 1 - row));
        return arrangeRows(
          x as Tensor,
          indexTensor(graph, forward, [count - 1]),
          indexTensor(graph, backward, [count]),
        );
      },
    }),
  ),
};

describe('gradients match finite differences within 1 %', () => {
  test('every rule has a case and every case has a rule', () => {
    assert.deepEqual(Object.keys(CASES).sort(), Object.keys(RULES).sort());
  });
  for (const [name, cases] of Object.entries({ ...CASES, ...CUSTOM })) {
    test(`rule of ${name}`, () => {
      fc.assert(
        fc.property(cases, fc.nat({ max: 10_000 }), (gradientCase, seed) => checkGradients(gradientCase, seed)),
        { numRuns: 25 },
      );
    });
  }
  test('the check itself notices a gradient that is 5 % off', () => {
    const wrong = (x: Tensor) =>
      withGradient(exp(x), { inputs: [x], rule: (d) => [() => mul(mul(d, exp(x)), d.graph.scalar(1.05))] });
    assert.throws(() => checkGradients({ inputs: [{ shape: [3] }], build: ([x]) => wrong(x as Tensor) }, 1), {
      code: 'ERR_ASSERTION',
    });
  });
  test('a value used several times sums what arrives', () => {
    checkGradients(
      { inputs: [{ shape: [3, 4] }], build: ([x]) => add(mul(x as Tensor, exp(x as Tensor)), softmax(x as Tensor)) },
      5,
    );
  });
});

describe('what gets no gradient', () => {
  test('a stopped value passes none, its other uses still do', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [3]);
    const y = graph.input('y', 'float32', [3]);
    const loss = reduceSum(mul(stopGradient(x), y), [0]);
    const byTensor = gradients(loss, [x, y]);
    const ofX = byTensor.get(x);
    assert.equal(ofX?.source.kind === 'node' ? ofX.source.node.op : null, 'ConstantOfShape');
    const ofY = byTensor.get(y);
    assert.equal(ofY?.source.kind === 'node' ? ofY.source.node.op : null, 'Mul');
  });

  test('frozen parts build no backward graph', () => {
    const graph = new Graph();
    const frozen = graph.input('frozen', 'float32', [4, 4]);
    const x = graph.input('x', 'float32', [4, 4]);
    const before = gemm(gelu(gemm(frozen, frozen)), frozen);
    const loss = reduceSum(mul(before, x), [0, 1]);
    const forward = graph.nodes.length;
    gradients(loss, [x]);
    const added = graph.nodes.slice(forward).map(({ op }) => op);
    assert.deepEqual(
      added.filter((op) => op === 'Gemm' || op === 'Sigmoid'),
      [],
    );
  });

  test('an operator without a rule is named', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2]);
    const loss = reduceSum(graph.apply1('Tanh', [x], {}, 'float32', [2]), [0]);
    assert.throws(() => gradients(loss, [x]), { code: 'INTERNAL', details: { op: 'Tanh' } });
  });
});
