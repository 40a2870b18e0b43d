// Objectives in sweep files: what they are part of (identity, plan, cost), what they leave alone, and which settings are refused.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { estimateSweep } from '../../services/study/cost/sweep-estimate.ts';
import { pipelineOf } from '../../services/study/plan/pipeline.ts';
import { trialSettingsSchema } from '../../services/study/settings/settings.ts';
import { readSweepFile } from '../../services/sweep-file/index.ts';
import { planPhase } from '../../services/trainer/plan/index.ts';
import { problemsOf as problemsIn } from './refused-sweep-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'objective-settings-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const GOOD = {
  model: { family: 'gpt2', layers: 2, width: 16, heads: 2, context: 96 },
  task: { name: 'prosqa', nodes: 6, train: 64, valid: 8, test: 8 },
  tokenizer: 'words',
  base: { steps: 4 },
  system: 'h2',
  latents: 4,
  curriculum: { stages: 2, firstStage: 1, finalStage: false },
  train: { stepsPerStage: 2, batch: 4 },
  evaluate: { maxNewTokens: 16, items: 4 },
};
const orthogonality = { kind: 'orthogonality', weight: 0.1 };
const steps = { kind: 'steps', weight: 1 };
const train = (changes: object) => ({ train: { ...GOOD.train, ...changes } });
const pipeline = (changes: object = {}) => pipelineOf(trialSettingsSchema.parse({ ...GOOD, seed: 0, ...changes }));
const finetune = (changes: object = {}) => {
  const config = pipeline(changes).phases.find((phase) => phase.config.kind === 'finetune')?.config;
  assert.equal(config?.kind, 'finetune');
  return config;
};

writeFileSync(join(folder, 'text.txt'), 'some text\n');
const problemsOf = (changes: object): string => problemsIn(folder, { ...GOOD, ...changes });

describe('objectives', () => {
  test('are part of what a training phase is, and no empty list is', () => {
    const [none, written, other] = [
      finetune(),
      finetune(train({ objectives: [] })),
      finetune(train({ objectives: [steps] })),
    ];
    assert.deepEqual(written, none);
    assert.ok(!('objectives' in none.train), 'phases from before stay what they were');
    assert.deepEqual(other.train.objectives, [{ ...steps, layers: null }]);
    const keys = [[], [orthogonality], [{ ...orthogonality, weight: 0 }], [steps], [orthogonality, steps]].map(
      (objectives) => pipeline(train({ objectives })).key,
    );
    assert.equal(new Set(keys).size, keys.length);
  });

  test('mean the same in any order, and with all layers named', () => {
    const key = pipeline(train({ objectives: [orthogonality, steps] })).key;
    assert.equal(pipeline(train({ objectives: [steps, orthogonality] })).key, key);
    assert.equal(pipeline(train({ objectives: [{ ...steps, layers: 2 }, orthogonality] })).key, key);
    const rates = { base: 1e-3, coprocessor: 1e-3, soft: 1e-3 };
    const perGroup = { objectives: [steps], lr: { ...rates, stepDecoder: 1e-3 } };
    assert.equal(pipeline(train(perGroup)).key, pipeline(train({ objectives: [steps], lr: 1e-3 })).key);
    assert.equal(pipeline(train({ lr: { ...rates, stepDecoder: 5 } })).key, pipeline(train({ lr: 1e-3 })).key);
  });

  test('are an axis like any other', () => {
    const path = join(folder, 'axis.yaml');
    const { latents, ...others } = GOOD;
    assert.equal(latents, 4);
    const axes = { 'train.objectives': [[], [orthogonality], [orthogonality, steps]], latents: [4, 8] };
    writeFileSync(path, JSON.stringify({ name: 'axis', ...others, axes, seeds: 2 }));
    const { trials } = estimateSweep(readSweepFile(path).spec);
    assert.equal(trials.length, 12);
  });

  test('count in parameters, operations and memory', async () => {
    const costs = await Promise.all(
      [[], [orthogonality], [steps], [{ ...steps, layers: 1 }]].map(async (objectives, index) => {
        const path = join(folder, `cost-${index}.yaml`);
        writeFileSync(path, JSON.stringify({ name: 'cost', ...GOOD, ...train({ objectives }), seeds: 1 }));
        const config = finetune(train({ objectives }));
        const planned = await planPhase(config, { device: 'cpu', threads: 1 });
        const phase = estimateSweep(readSweepFile(path).spec).phases.find(({ kind }) => kind === 'finetune');
        return { planned, flops: phase?.flops ?? 0, bytes: phase?.checkpointBytes ?? 0 };
      }),
    );
    const [none, cosines, decoder, shallow] = costs;
    assert.ok(none && cosines && decoder && shallow);
    type Cost = (typeof costs)[number];
    const grows = (value: (cost: Cost) => number): void => {
      assert.ok(value(none) <= value(cosines));
      assert.ok(value(cosines) < value(shallow));
      assert.ok(value(shallow) < value(decoder));
    };
    grows(({ flops }) => flops);
    grows(({ planned }) => planned.memory.total);
    grows(({ planned }) => planned.flopsPerStep);
    const trained = ({ planned }: Cost): number => planned.parameters.trained;
    assert.equal(trained(cosines), trained(none));
    const body = 96 * 16 + 2 * 16 + 2 * (12 * 16 * 16 + 13 * 16);
    assert.equal(trained(decoder) - trained(none), body);
    assert.equal(decoder.bytes - none.bytes, 12 * body, 'weights and two moments');
  });
});

describe('a sweep file', () => {
  test('with objectives is read', () => {
    assert.equal(problemsOf(train({ objectives: [orthogonality, steps] })), '');
    assert.equal(problemsOf({ ...train({ objectives: [orthogonality] }), system: 'h1' }), '');
  });

  const cases: readonly (readonly [string, object, RegExp])[] = [
    [
      'a system without latents',
      { ...train({ objectives: [orthogonality] }), system: 'cot', latents: 0 },
      /train\.objectives has orthogonality, but system cot has no latents/,
    ],
    [
      'one latent',
      { ...train({ objectives: [orthogonality] }), latents: 1, curriculum: null },
      /orthogonality.*latents is 1.*at least 2/,
    ],
    [
      'steps without a curriculum',
      { ...train({ objectives: [steps] }), curriculum: null },
      /train\.objectives has steps.*curriculum is null/,
    ],
    [
      'steps over cache entries',
      { ...train({ objectives: [steps] }), system: 'h1' },
      /steps.*system h1 are cache entries.*liu, h2/,
    ],
    [
      'too many layers',
      train({ objectives: [{ ...steps, layers: 3 }] }),
      /train\.objectives\.0\.layers 3 is more than the 2 layers/,
    ],
    ['a kind twice', train({ objectives: [orthogonality, orthogonality] }), /orthogonality more than once/],
    [
      'a rate that is missing',
      train({ objectives: [steps], lr: { base: 1e-3, coprocessor: 1e-3, soft: 1e-3 } }),
      /train\.lr.*stepDecoder/,
    ],
    ['a negative weight', train({ objectives: [{ ...steps, weight: -1 }] }), /train\.objectives\.0\.weight/],
    [
      'an unknown kind',
      train({ objectives: [{ kind: 'cosine', weight: 1 }] }),
      /train\.objectives\.0\.kind.*orthogonality.*steps/s,
    ],
    [
      'steps in running text',
      {
        task: { name: 'corpus', files: ['text.txt'] },
        train: null,
        curriculum: null,
        tokenizer: 'bytes',
        pretrain: { steps: 2, sequence: 64, sites: 2, ahead: 2, objectives: [steps] },
      },
      /pretrain\.objectives\.0\.kind/,
    ],
  ];
  for (const [name, changes, expected] of cases) {
    test(`is refused for ${name}`, () => assert.match(problemsOf(changes), expected));
  }
});
