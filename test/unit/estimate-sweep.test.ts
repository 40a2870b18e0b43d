// Operations and time against cases worked out by hand, and the steps that plan and trainer agree on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleFlops, headFlops, passFlops, phaseFlops } from '../../services/study/cost/phase-flops.ts';
import { estimateSweep, secondsOnSlots } from '../../services/study/cost/sweep-estimate.ts';
import { taskTokens } from '../../services/study/cost/task-tokens.ts';
import { phaseSteps, splitSizes, stageCount, stepsOfStage } from '../../services/study/plan/phase-steps.ts';
import { modelSchema } from '../../services/study/settings/model-settings.ts';
import { basePhaseSchema } from '../../services/study/settings/phases.ts';
import type { SystemName } from '../../services/study/settings/system-names.ts';
import { taskSchema } from '../../services/study/settings/task-settings.ts';
import { curriculumSchema } from '../../services/study/settings/training-settings.ts';
import { shapeOf } from '../../services/study/systems/model-shape.ts';
import { specOf } from './sweep-spec-of.ts';

/** One layer, width 2, one head, feed-forward 8: 4 + 12 + 6 + 4 + 2 + 4 + 32 + 8 + 2 = 74 parameters in the layer. */
const TINY = shapeOf(modelSchema.parse({ family: 'gpt2', layers: 1, width: 2, heads: 1, context: 16 }));
assert.ok(TINY);
const tiny = TINY;

test('a pass costs two operations per parameter and row, and four per row, key and width', () => {
  // 3 rows, 5 keys: 2 * 74 * 3 + 4 * 3 * 5 * 2
  assert.equal(passFlops(tiny, 3, 5), 444 + 120);
  assert.equal(headFlops(tiny, 7, 3), 2 * 7 * 2 * 3);
});

test('three passes count as trained, frozen or passed through', () => {
  const flops = (system: SystemName, gradThroughCache = true): number =>
    exampleFlops(
      { system, channel: null, gradThroughCache },
      tiny,
      { question: 4, vocabulary: 10 },
      { latents: 2, target: 3 },
    );
  const question = passFlops(tiny, 4, 4);
  const latents = passFlops(tiny, 2, 6);
  const rows = passFlops(tiny, 2 + 3, 4 + 2 + 3);
  const entries = passFlops(tiny, 3, 4 + 2 + 3);
  const head = headFlops(tiny, 10, 3);
  assert.equal(flops('no_cot'), 3 * (passFlops(tiny, 7, 7) + head));
  assert.equal(flops('soft_embeddings'), 3 * question + 3 * (rows + head));
  assert.equal(flops('liu'), question + 3 * latents + 2 * (rows + head));
  assert.equal(flops('h1'), question + 3 * latents + 2 * (entries + head));
  assert.equal(flops('h2'), 3 * question + 3 * latents + 3 * (rows + head));
  assert.equal(flops('h2', false), question + 3 * latents + 3 * (rows + head));
  assert.equal(flops('coconut', false), 3 * question + 3 * latents + 3 * (entries + head));
});

test('a base phase is steps x batch x sequence, three times a forward pass', () => {
  const config = basePhaseSchema.parse({
    kind: 'base',
    model: { family: 'gpt2', layers: 1, width: 2, heads: 1, context: 16 },
    tokenizer: 'bytes',
    task: { name: 'countdown' },
    base: { steps: 10, batch: 4, sequence: 8 },
  });
  const tokens = taskTokens(config.task, config.tokenizer);
  assert.ok(tokens);
  const row = passFlops(tiny, 8, 8) + headFlops(tiny, 258, 8);
  assert.equal(phaseFlops(config, tiny, tokens, splitSizes(config.task, null)), 10 * 4 * 3 * row);
});

test('GPT-2 124M costs about six operations per parameter and token', () => {
  const gpt2 = shapeOf(modelSchema.parse({ family: 'gpt2', layers: 12, width: 768, heads: 12 }));
  assert.ok(gpt2);
  const perToken = (3 * (passFlops(gpt2, 1024, 1024) + headFlops(gpt2, 50_257, 1024))) / 1024;
  // 6 x 124 M = 0.75 G, and 12 x layers x width x sequence = 0.11 G for attention
  assert.ok(Math.abs(perToken / (6 * 123.6e6 + 12 * 12 * 768 * 1024) - 1) < 0.01, String(perToken));
});

test('stages and steps of a finetune', () => {
  const curriculum = (parts: object) => curriculumSchema.parse(parts);
  assert.equal(stageCount(null), 1);
  assert.equal(stageCount(curriculum({})), 6);
  assert.equal(stageCount(curriculum({ stages: 4, firstStage: 1, finalStage: false })), 4);
  assert.equal(stageCount(curriculum({ stages: 1, firstStage: 1, finalStage: false })), 1);
  const steps = (parts: { stepsPerStage?: number; epochsPerStage?: number }) =>
    stepsOfStage({ stepsPerStage: null, epochsPerStage: null, batch: 8, ...parts }, 20);
  assert.equal(steps({ stepsPerStage: 7 }), 7);
  assert.equal(steps({ epochsPerStage: 1 }), 3);
  assert.equal(steps({ epochsPerStage: 3 }), 8);
  assert.equal(steps({ epochsPerStage: 0.01 }), 1);
});

test('sizes of splits follow the tasks', () => {
  assert.deepEqual(splitSizes(taskSchema.parse({ name: 'gsm8k' }), null), { train: 6973, valid: 500, test: 1319 });
  assert.deepEqual(splitSizes(taskSchema.parse({ name: 'gsm8k' }), 385_620), {
    train: 385_120,
    valid: 500,
    test: 1319,
  });
  assert.equal(splitSizes(taskSchema.parse({ name: 'prosqa' }), 17_886).train, 17_886);
});

test('an evaluation has a step per batch of items', () => {
  const config = {
    kind: 'evaluate',
    model: { weights: 'w' },
    tokenizer: 'bytes',
    task: taskSchema.parse({ name: 'countdown', test: 100 }),
    system: 'no_cot',
    channel: null,
    latents: 0,
    query: null,
    gradThroughCache: true,
  } as const;
  const steps = (items: number | null): number =>
    phaseSteps(
      { ...config, evaluate: { split: 'test', items, maxNewTokens: 8, batch: 32 } },
      splitSizes(config.task, null),
    );
  assert.deepEqual([steps(null), steps(33), steps(32), steps(1_000)], [4, 2, 1, 4]);
});

test('a sweep counts shared work once and spreads each kind of phase over the slots', () => {
  const estimate = estimateSweep(specOf({}));
  assert.equal(estimate.points, 8);
  assert.equal(estimate.trials.length, 8);
  assert.equal(estimate.phases.length, 17);
  assert.equal(estimate.phases.filter((phase) => phase.kind === 'base')[0]?.trials, 8);
  const even = {
    points: 8,
    trials: [],
    phases: estimate.phases.map((phase) => ({ ...phase, flops: phase.kind === 'evaluate' ? 10 : 100 })),
  };
  // base alone 1 + 10; 8 finetunes on 3 slots 8 * 11 / 3; 8 evaluations 8 * 2 / 3
  const seconds = secondsOnSlots(even, { slots: 3, flopsPerSecond: 10, secondsPerPhase: 1 });
  assert.ok(seconds !== null && Math.abs(seconds - (11 + 88 / 3 + 16 / 3)) < 1e-9);
});

test('what cannot be known before the run is null, not a guess', () => {
  const estimate = estimateSweep(
    specOf({ fixed: { model: { weights: 'hf:o/n@r' }, task: { name: 'countdown' }, train: { stepsPerStage: 1 } } }),
  );
  assert.ok(
    estimate.trials.every(
      ({ flops, parameters, cell }) => flops === null && parameters === null && cell.capacityFloatsPerLatent === null,
    ),
  );
  assert.equal(secondsOnSlots(estimate, { slots: 1, flopsPerSecond: 1, secondsPerPhase: 1 }), null);
});
