// AdamW over slabs against the definition in float64, through many rows and clipping.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { emitModel } from '../../services/tensor/onnx/index.ts';
import {
  COEFFICIENTS,
  layOut,
  normGraph,
  type OptimizerConfig,
  type Slab,
  updateCoefficients,
  updateGraph,
} from '../../services/tensor/optimizer/index.ts';
import { Runtime } from '../../services/tensor/runtime/index.ts';
import { draws } from '../../services/trainer/random/draws.ts';
import { systemParameters } from '../../services/trainer/systems/index.ts';
import { runnable } from './trainer-run-graph.ts';
import { smallConfig } from './trainer-small-engine.ts';

const slab = (rows: number, rowLength: number): Slab => ({
  name: 'base.decay',
  group: 'base',
  trained: true,
  decays: true,
  rows,
  rowLength,
  placements: [],
});

/** One step as docs/design/probe.md section 7 writes it, float64. */
function reference(
  state: { p: number; m: number; v: number; g: number },
  config: OptimizerConfig,
  lr: number,
  s: number,
  norm: number,
) {
  const [b1, b2] = config.betas;
  const g = config.clip === null ? state.g : state.g * Math.min(1, config.clip / (norm + 1e-6));
  const m = b1 * state.m + (1 - b1) * g;
  const v = b2 * state.v + (1 - b2) * g ** 2;
  const decayed = state.p - lr * config.weightDecay * state.p;
  const p = decayed - (lr * (m / (1 - b1 ** s))) / (Math.sqrt(v / (1 - b2 ** s)) + config.eps);
  return { p, m, v };
}

describe('AdamW', () => {
  test('follows its definition, in one row or many, clipped or not', () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 33 }));
    const settings = fc.record({
      betas: fc.tuple(fc.constantFrom(0, 0.9), fc.constantFrom(0.95, 0.999)),
      eps: fc.constantFrom(1e-8, 1e-3),
      weightDecay: fc.constantFrom(0, 0.1),
      clip: fc.constantFrom(null, 0.5, 100),
      decay: fc.constant('all' as const),
    });
    fc.assert(
      fc.property(sizes, settings, fc.nat({ max: 999 }), ([rows, rowLength], config, seed) => {
        const one = slab(rows, rowLength);
        const source = draws('adamw', seed);
        const count = rows * rowLength;
        const random = () => Float32Array.from({ length: count }, () => source.normal());
        const [norm, update] = [runnable(normGraph([one])), runnable(updateGraph([one]))];
        try {
          let state: Record<'p' | 'm' | 'v', Float32Array> = {
            p: random(),
            m: new Float32Array(count),
            v: new Float32Array(count),
          };
          for (let s = 1; s <= 3; s++) {
            const g = random();
            const gradNorm = norm.run(new Map([[`g.${one.name}`, g]])).get('norm')?.[0] ?? Number.NaN;
            assert.ok(Math.abs(gradNorm - Math.hypot(...g)) < 1e-5 * gradNorm);
            const values = updateCoefficients(config, 0.01, true, s, gradNorm);
            const fields = { ...state, g };
            const next = update.run(
              new Map([
                ...Object.entries(fields).map(([field, data]) => [`${field}.${one.name}`, data] as const),
                ...COEFFICIENTS.map((name) => [`${name}.${one.name}`, Float32Array.of(values[name])] as const),
              ]),
            );
            const got = (field: string) => next.get(`${field}.${one.name}.next`) ?? new Float32Array();
            for (let i = 0; i < count; i++) {
              const [p = 0, m = 0, v = 0] = [state.p[i], state.m[i], state.v[i]];
              const want = reference({ p, m, v, g: g[i] ?? 0 }, config, 0.01, s, gradNorm);
              assert.ok(Math.abs((got('m')[i] ?? Number.NaN) - want.m) < 1e-6);
              assert.ok(Math.abs((got('v')[i] ?? Number.NaN) - want.v) < 1e-6);
              assert.ok(Math.abs((got('p')[i] ?? Number.NaN) - want.p) < 1e-6, `p[${i}]`);
            }
            state = { p: got('p'), m: got('m'), v: got('v') };
          }
        } finally {
          norm.release();
          update.release();
        }
      }),
      { numRuns: 20 },
    );
  });

  test('gives the same bits in place as in memory of its own, row by row', () => {
    const one = slab(5, 300);
    const graph = updateGraph([one]);
    const source = draws('in place', 1);
    const random = (positive: boolean) =>
      Float32Array.from({ length: 1500 }, () => (positive ? source.uniform() : source.normal()));
    const values = updateCoefficients(
      { betas: [0.9, 0.99], eps: 1e-8, weightDecay: 0.1, decay: 'all', clip: null },
      0.01,
      true,
      3,
      1,
    );
    const inputs = new Map<string, Float32Array>([
      ...(['p', 'm', 'v', 'g'] as const).map((field) => [`${field}.${one.name}`, random(field === 'v')] as const),
      ...COEFFICIENTS.map((name) => [`${name}.${one.name}`, Float32Array.of(values[name])] as const),
    ]);
    const apart = runnable(graph);
    const want = apart.run(inputs);
    apart.release();

    const runtime = new Runtime({ device: 'cpu', threads: 2 });
    const session = runtime.createSession(emitModel(graph, 'update'));
    const binding = session.bind();
    const state = [...inputs].map(([name, data]) => {
      const tensor = runtime.createTensor('float32', /^[pmvg]\./.test(name) ? [5, 300] : [1]);
      runtime.write(tensor, data);
      binding.input(name, tensor);
      if (want.has(`${name}.next`)) binding.output(`${name}.next`, tensor);
      return [name, tensor] as const;
    });
    binding.run();
    for (const [name, tensor] of state) {
      const expected = want.get(`${name}.next`);
      if (expected) assert.deepEqual(runtime.read(tensor), expected, name);
    }
    binding.release();
    session.release();
    runtime.releaseAll();
  });

  test('keeps every tensor in one slab of its group, apart and aligned', () => {
    const parameters = systemParameters(smallConfig('h2'));
    for (const decay of ['all', 'matrices'] as const) {
      const slabs = layOut(parameters, decay);
      const placed = slabs.flatMap(({ placements }) => placements.map(({ name }) => name));
      assert.deepEqual([...placed].sort(), parameters.map(({ name }) => name).sort());
      for (const { rows, rowLength, placements } of slabs) {
        let end = 0;
        for (const { shape, offset } of placements) {
          assert.ok(offset >= end && offset % 16 === 0);
          end = offset + shape.reduce((a, b) => a * b, 1);
        }
        assert.ok(end <= rows * rowLength);
      }
    }
  });

  test('decays matrices only, where asked: no norms, biases, embeddings or soft tokens', () => {
    const slabs = layOut(systemParameters(smallConfig('h2')), 'matrices');
    const decayed = slabs
      .filter(({ decays }) => decays)
      .flatMap(({ placements }) => placements.map(({ name }) => name));
    assert.ok(decayed.includes('base.transformer.h.0.mlp.c_fc.weight'));
    assert.deepEqual(
      decayed.filter((name) => /wte|wpe|ln_|bias|soft|query/.test(name)),
      [],
    );
  });
});
