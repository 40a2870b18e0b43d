// Profiles of real steps: what ran is what the graphs say, every node finds its pass, and time is neither lost nor counted twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reachable } from '../../services/tensor/onnx/index.ts';
import { layOut, normGraph } from '../../services/tensor/optimizer/index.ts';
import { createEngine, matrixFlops } from '../../services/trainer/engine/index.ts';
import { executionOrder } from '../../services/trainer/plan/execution-order.ts';
import { chromeTrace, profilePhase } from '../../services/trainer/profile/index.ts';
import { phaseBatches } from '../../services/trainer/profile/phase-batches.ts';
import { prepareBatch, systemParameters, trainingGraph } from '../../services/trainer/systems/index.ts';
import { tiny } from './trainer-child.ts';

const PLACE = { device: 'cpu', threads: 1 } as const;
/** A batch of 4 without parts, so that a step is one run of one graph. */
const whole = { stepsPerStage: 1, batch: 4 };

test('a profile finds the operations that the graph has, in every pass of the system', async () => {
  const config = tiny.finetune({ curriculum: null, train: whole });
  const { engine, batchOf } = await phaseBatches(config, PLACE);
  const graph = trainingGraph(engine, prepareBatch(engine, batchOf(1)).shape, 'gradients');
  const profile = await profilePhase(config, PLACE, 1);
  const slabs = layOut(systemParameters(engine), engine.optimizer.decay).filter(({ trained }) => trained);
  assert.equal(profile.flopsPerStep, matrixFlops(graph) + matrixFlops(normGraph(slabs)));
  const forward = ['Base pass', 'Coprocessor pass (latents)', 'decoding pass', 'head and loss'];
  assert.deepEqual(
    profile.passes.map(({ name }) => name).sort(),
    [
      ...forward,
      ...forward.map((name) => `${name}, backward`),
      'AdamW update',
      'gradient norm',
      'between the nodes',
    ].sort(),
  );
  assert.ok(profile.mfu > 0 && profile.mfu < 1.5);
});

test('a step of the engine says the operations of its parts', async () => {
  const { engine: config, batchOf } = await phaseBatches(tiny.finetune({ curriculum: null, train: whole }), PLACE);
  const flopsOf = (purpose: 'gradients' | 'accumulate') =>
    matrixFlops(trainingGraph(config, prepareBatch(config, half).shape, purpose));
  const batch = batchOf(1);
  assert.ok(batch.kind === 'curriculum');
  const [first, second] = batch.items;
  assert.ok(first && second);
  const half = { ...batch, items: [first, second] };
  const engine = createEngine(config);
  try {
    engine.initialise({ seed: 1, base: null, coprocessorInit: 'base', softInit: { kind: 'mean' } });
    const { flops } = engine.trainStep(
      { ...batch, items: [first, second, first, second] },
      { base: 1e-5, coprocessor: 1e-5, soft: 1e-5 },
      2,
    );
    assert.equal(flops, flopsOf('gradients') + flopsOf('accumulate'));
  } finally {
    engine.release();
  }
});

test('nodes run in the order that plans of memory assume', async () => {
  const config = tiny.finetune({ curriculum: null, train: whole });
  const { engine, batchOf } = await phaseBatches(config, PLACE);
  const graph = trainingGraph(engine, prepareBatch(engine, batchOf(1)).shape, 'gradients');
  const planned = executionOrder(graph).map(({ op }) => op);
  const { events } = await profilePhase(config, PLACE, 1);
  const ran = events.filter(({ pass }) => pass !== 'AdamW update' && pass !== 'gradient norm').map(({ op }) => op);
  assert.ok(ran.length > 0.9 * reachable(graph).nodes.size);
  // constants that ONNX Runtime folded or moved are missing in one of the two
  assert.ok(commonLength(planned, ran) > 0.95 * ran.length);
});

test('a frozen Base has no backward pass of its own, and steps of several parts and stages add up', async () => {
  const profile = await profilePhase(tiny.finetune({ system: 'liu' }), PLACE, 6);
  assert.equal(profile.steps, 6);
  const names = profile.passes.map(({ name }) => name);
  assert.ok(names.includes('Base pass') && names.includes('decoding pass, backward'));
  assert.ok(!names.includes('Base pass, backward'));
  const nodes = profile.passes.filter(({ name }) => name !== 'between the nodes');
  const total = (some: readonly { readonly milliseconds: number }[]) =>
    some.reduce((sum, share) => sum + share.milliseconds, 0);
  assert.ok(Math.abs(total(nodes) - total(profile.operators)) < 1e-6 * total(nodes));
  assert.ok(total(nodes) <= profile.profiledMilliseconds);
});

test('a Base phase is one pass, and its trace has a slice for every node on the row of its pass', async () => {
  const profile = await profilePhase(tiny.base(), PLACE, 2);
  assert.ok(profile.passes.every(({ name }) => !/Coprocessor|decoding/.test(name)));
  const { traceEvents } = chromeTrace(profile.events);
  const slices = traceEvents.filter((event) => 'ph' in event && event.ph === 'X');
  assert.equal(slices.length, profile.events.length);
  const rows = traceEvents.filter((event) => 'ph' in event && event.ph === 'M');
  assert.equal(rows.length, profile.passes.length - 1);
});

test('an evaluation has no training step to profile', async () => {
  await assert.rejects(
    profilePhase(tiny.evaluate(), PLACE, 1),
    /CONFIG_INVALID: phase: evaluate.*base, pretrain, finetune/,
  );
});

/** Length of the longest common subsequence. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  let above = new Uint32Array(b.length + 1);
  for (const item of a) {
    const row = new Uint32Array(b.length + 1);
    b.forEach((other, j) => {
      row[j + 1] = item === other ? (above[j] ?? 0) + 1 : Math.max(above[j + 1] ?? 0, row[j] ?? 0);
    });
    above = row;
  }
  return above[b.length] ?? 0;
}
