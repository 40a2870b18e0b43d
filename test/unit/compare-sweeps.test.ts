// A sweep keeps its cells: what a second file takes away or changes is named with both values, what says the same in other words is the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareSweeps } from '../../services/study/plan/compare-sweeps.ts';
import { countTrials, planSweepFile } from '../../services/study/plan/plan-sweep-file.ts';
import type { SweepSpec } from '../../services/study/plan/sweep-spec.ts';
import { specOf } from './sweep-spec-of.ts';

const first = specOf({ seeds: [0, 1] });
const fixed = (more: object): SweepSpec => ({ ...first, fixed: { ...first.fixed, ...more } });
const axis = (path: string, ...values: unknown[]) => ({ path, values });
const systems = axis('system', 'soft_embeddings', 'liu', 'h1', 'h2');
const lost = (second: SweepSpec, before = first): readonly string[] => compareSweeps(before, second).lost;

test('a changed fixed setting is named with its old and its new value', () => {
  assert.deepEqual(
    lost(fixed({ train: { stepsPerStage: 10, batch: 4 } }), fixed({ train: { stepsPerStage: 10, batch: 8 } })),
    ['train.batch was 8, is 4'],
  );
  assert.deepEqual(
    lost(fixed({ train: { stepsPerStage: 10, batch: 4 } })),
    ['train.batch was 128, is 4'],
    'a default too',
  );
  const simulate = (steps: number) => fixed({ task: { name: 'simulate', steps } });
  assert.deepEqual(lost(simulate(20), simulate(10)), ['task.steps was 10, is 20']);
});

test('a value of an axis, a seed or a cell that goes is named', () => {
  assert.deepEqual(lost({ ...first, axes: [systems, axis('latents', 2, 3)] }), ['latents: 4 is missing']);
  assert.deepEqual(lost({ ...first, axes: [systems], fixed: { ...first.fixed, latents: 2 } }), [
    'latents: 4 is missing',
  ]);
  assert.deepEqual(lost({ ...first, seeds: [1, 2] }), ['seeds: 0 is missing']);
  assert.deepEqual(lost({ ...first, exclude: [{ system: 'h1', latents: 4 }] }), [
    '1 point is missing or different: system "h1", latents 4',
  ]);
});

test('data with other content under the same name is named', () => {
  const withFile = (sha256: string): SweepSpec => ({
    ...fixed({ task: { name: 'prosqa', trainFile: '/d.json' } }),
    files: { '/d.json': { sha256, examples: 100, shape: null } },
  });
  assert.deepEqual(lost(withFile('b'), withFile('a')), ['the content of /d.json has changed']);
});

test('a point that comes to mean another trial is refused even where its old trial stays under another point', () => {
  const one = {
    ...first,
    axes: [axis('latents', 2)],
    fixed: { ...first.fixed, system: 'h1', train: { stepsPerStage: 10, batch: 8 } },
  };
  const two = {
    ...one,
    fixed: { ...one.fixed, train: { stepsPerStage: 10, batch: 4 } },
    include: [{ latents: 2, 'train.batch': 8 }],
  };
  assert.equal(compareSweeps(one, two).lost.length, 1);
});

test('more values, seeds and points are wider; a fixed setting may become an axis, and an axis of one value fixed', () => {
  const wider = { lost: [], isWider: true, otherKeys: [] };
  assert.deepEqual(compareSweeps(first, { ...first, axes: [systems, axis('latents', 2, 4, 8)] }), wider);
  assert.deepEqual(compareSweeps(first, { ...first, seeds: [0, 1, 2] }), wider);
  assert.deepEqual(compareSweeps(first, { ...first, include: [{ latents: 16 }] }), wider);
  const batch = fixed({ train: { stepsPerStage: 10, batch: 8 } });
  const varied = { ...first, axes: [...first.axes, axis('train.batch', 4, 8)] };
  assert.deepEqual(compareSweeps(batch, varied), wider);
  const single = { ...first, axes: [...first.axes, axis('train.batch', 8)] };
  assert.deepEqual(compareSweeps(single, batch), { ...wider, isWider: false });
});

test('what says the same in other words is the same', () => {
  const same = { lost: [], isWider: false, otherKeys: [] };
  assert.deepEqual(
    compareSweeps(first, fixed({ train: { stepsPerStage: 10, batch: 128 } })),
    same,
    'a default made explicit',
  );
  assert.deepEqual(
    compareSweeps(first, { ...first, seeds: [1, 0], axes: first.axes.toReversed(), description: 'x' }),
    same,
  );
  assert.deepEqual(compareSweeps(first, { ...first, priority: 1 }), { ...same, otherKeys: ['priority'] });
});

test('cells are trials: points that mean the same work are one, however many seeds', () => {
  const trialsOf = (spec: SweepSpec): number => {
    const plan = planSweepFile(spec);
    return new Set(Array.from({ length: plan.size }, (_, i) => plan.cell(i).trial.key)).size;
  };
  const plain = { ...first, axes: [axis('system', 'cot', 'h1'), axis('latents', 2, 4)], seeds: [0, 1, 2] };
  const seedless = { ...plain, fixed: { ...plain.fixed, train: null } };
  for (const spec of [first, plain, seedless]) assert.equal(countTrials(spec), trialsOf(spec));
  assert.equal(countTrials(plain), 9);
});
