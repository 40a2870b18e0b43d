// The corpus stage in sweep files: which phases follow, what shares them, what is impossible, and the two files of Table 1.

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parquetWriteFile } from 'hyparquet-writer';
import { estimateSweep } from '../../services/study/cost/sweep-estimate.ts';
import { pipelineOf } from '../../services/study/plan/pipeline.ts';
import { planSweepFile } from '../../services/study/plan/plan-sweep-file.ts';
import { trialSettingsSchema } from '../../services/study/settings/settings.ts';
import { readSweepFile } from '../../services/sweep-file/index.ts';
import { problemsOf as problemsIn } from './refused-sweep-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'pretrain-settings-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const corpus = { name: 'corpus', files: ['text.jsonl'] };
const GOOD = {
  model: { family: 'gpt2', layers: 2, width: 16, heads: 2, context: 96 },
  task: corpus,
  base: { steps: 4 },
  pretrain: { steps: 6, sequence: 64, sites: 4, ahead: 4 },
  system: 'h2',
  latents: 4,
  seed: 0,
};
const files = (sha256: string) => ({ 'text.jsonl': { sha256, examples: null, shape: null } });
const pipeline = (changes: object, facts = files('a')) =>
  pipelineOf(trialSettingsSchema.parse({ ...GOOD, ...changes }), facts);
const keyOf = (kind: string, changes: object = {}, facts = files('a')) =>
  pipeline(changes, facts).phases.find(({ config }) => config.kind === kind)?.key;
const kinds = (changes: object) => pipeline(changes).phases.map(({ config }) => config.kind);
const piqa = { name: 'piqa', file: 'piqa.jsonl' };

describe('the pipeline', () => {
  test('has the phases that the settings ask for, each on the checkpoint of the one before', () => {
    assert.deepEqual(kinds({}), ['base', 'pretrain', 'evaluate']);
    assert.deepEqual(kinds({ base: null, model: { weights: 'w' } }), ['pretrain', 'evaluate']);
    assert.deepEqual(kinds({ pretrain: null, system: 'no_cot' }), ['base', 'evaluate']);
    const both = { task: { name: 'countdown' }, train: { stepsPerStage: 3 }, pretrain: { ...GOOD.pretrain, corpus } };
    const { phases, stepsByPhase } = pipeline(both);
    assert.deepEqual(
      phases.map(({ config }) => config.kind),
      ['base', 'pretrain', 'finetune', 'evaluate'],
    );
    assert.deepEqual(stepsByPhase.slice(0, 3), [4, 6, 3]);
    phases.forEach(({ parent }, index) => assert.equal(parent, phases[index - 1]?.key ?? null));
    // what would train on a task is left out where a task has nothing to train on, so that one sweep may hold both
    assert.deepEqual(kinds({ train: { stepsPerStage: 3 }, curriculum: { stages: 2 } }), [
      'base',
      'pretrain',
      'evaluate',
    ]);
  });

  test('shares base and pretrain across tasks, and the plain systems share theirs', () => {
    const pretrain = { ...GOOD.pretrain, corpus };
    for (const kind of ['base', 'pretrain']) {
      const own = keyOf(kind);
      assert.equal(keyOf(kind, { pretrain }), own);
      assert.equal(keyOf(kind, { pretrain, task: piqa }), own);
      assert.equal(keyOf(kind, { pretrain, task: { name: 'countdown' }, train: { stepsPerStage: 3 } }), own);
    }
    const plain = keyOf('pretrain', { system: 'continued_pretraining' });
    assert.equal(keyOf('pretrain', { system: 'no_cot', latents: 8, pretrain: { ...GOOD.pretrain, sites: 7 } }), plain);
    assert.notEqual(keyOf('pretrain', { latents: 8 }), keyOf('pretrain'));
    assert.notEqual(keyOf('pretrain', { pretrain: { ...GOOD.pretrain, sites: 5 } }), keyOf('pretrain'));
  });

  test('counts the text by its contents, wherever it lies', () => {
    assert.notEqual(keyOf('pretrain', {}, files('b')), keyOf('pretrain'));
    const moved = { 'elsewhere.jsonl': { sha256: 'a', examples: null, shape: null } };
    assert.equal(
      pipelineOf(trialSettingsSchema.parse({ ...GOOD, task: { ...corpus, files: ['elsewhere.jsonl'] } }), moved).key,
      pipeline({}).key,
    );
    const split = (names: readonly string[]) => ({ task: { ...corpus, files: { train: names, valid: names } } });
    assert.equal(keyOf('pretrain', split(['text.jsonl'])), keyOf('pretrain', split(['text.jsonl'])));
  });

  test('scores held-out text as pretrain says, unless evaluate.corpus does; other tasks keep their identity', () => {
    const scored = (changes: object) => {
      const config = pipeline(changes).phases.at(-1)?.config;
      return config?.kind === 'evaluate' ? config.evaluate : null;
    };
    assert.deepEqual(scored({})?.corpus, { sequence: 64, sites: 4, ahead: 4 });
    assert.deepEqual(scored({ system: 'continued_pretraining' })?.corpus, { sequence: 64, sites: 4, ahead: 4 });
    assert.deepEqual(scored({ evaluate: { corpus: { sites: 2, ahead: 3 } } })?.corpus, {
      sequence: null,
      sites: 2,
      ahead: 3,
    });
    const others = scored({ task: { name: 'countdown' }, train: { stepsPerStage: 3 }, pretrain: null });
    assert.equal(others !== null && 'corpus' in others, false);
  });
});

writeFileSync(join(folder, 'text.jsonl'), '{"text": "some text"}\n');
writeFileSync(join(folder, 'piqa.jsonl'), '{"goal":"g","sol1":"a","sol2":"b","label":0}\n');
function problemsOf(changes: object): string {
  const { seed, ...good } = GOOD;
  assert.equal(seed, 0);
  return problemsIn(folder, { ...good, ...changes });
}

describe('a sweep file', () => {
  test('with a corpus stage is read', () => {
    assert.equal(problemsOf({}), '');
    assert.equal(problemsOf({ system: 'continued_pretraining' }), '');
    assert.equal(
      problemsOf({
        task: { name: 'gsm8k' },
        pretrain: null,
        system: 'no_cot',
        train: null,
        model: { ...GOOD.model, context: 1024 },
      }),
      '',
    );
  });

  const pretrain = GOOD.pretrain;
  const cases: readonly (readonly [string, object, RegExp])[] = [
    ['coconut has none', { system: 'coconut' }, /system coconut thinks one token after the other/],
    ['nothing trains the system', { pretrain: null }, /nothing trains system h2 on task\.name corpus: give pretrain/],
    [
      'train is forgotten',
      { task: { name: 'countdown' }, pretrain: null },
      /train is missing: give train .*or train: null to evaluate the model as it is/,
    ],
    ['a benchmark has no text', { task: piqa }, /task\.name piqa has no text to train on: give pretrain\.corpus/],
    ['words of a user text', { tokenizer: 'words' }, /tokenizer words takes its vocabulary/],
    [
      'no room for the sites',
      { pretrain: { ...pretrain, sites: 61 } },
      /pretrain\.sites 61 is more than the 60 positions/,
    ],
    ['latents fill the context', { latents: 91 }, /pretrain\.sites 4 is more than the 1 positions.*latents 91/],
    [
      'a sequence beyond the context',
      { pretrain: { ...pretrain, sequence: 97 } },
      /pretrain\.sequence 97 does not fit: 2 to model\.context 96/,
    ],
    [
      'a microbatch beyond the batch',
      { pretrain: { ...pretrain, microbatch: 129 } },
      /pretrain\.microbatch 129 is larger/,
    ],
    [
      'a test split without files',
      { task: { ...corpus, files: { train: ['text.jsonl'], valid: ['text.jsonl'] } } },
      /task\.files names no test files/,
    ],
    ['a file that does not exist', { task: { ...corpus, files: ['none.jsonl'] } }, /none\.jsonl does not exist/],
    ['an ending that is not known', { task: { ...corpus, files: [{ toString: 1 }] } }, /task\.files/],
    [
      'a plain system still needs a task to finetune on',
      { system: 'continued_pretraining', task: { name: 'countdown' }, train: { stepsPerStage: 2 }, pretrain: null },
      /use cot or no_cot/,
    ],
  ];
  for (const [name, changes, message] of cases)
    test(`is refused: ${name}`, () => assert.match(problemsOf(changes), message));
});

describe('Table 1', () => {
  const sweep = (name: string): string => {
    const path = join(folder, name);
    copyFileSync(fileURLToPath(new URL(`../../infra/sweeps/${name}`, import.meta.url)), path);
    return path;
  };

  test('at CPU size plans every system over one Base, and the Base as it was', () => {
    const { spec } = readSweepFile(sweep('table-1-corpus-cpu.yaml'));
    const estimate = estimateSweep(spec);
    const count = (kind: string) => estimate.phases.filter((phase) => phase.kind === kind).length;
    assert.deepEqual([count('base'), count('pretrain'), count('evaluate')], [1, 27, 28]);
    assert.ok(estimate.trials.every(({ flops }) => flops !== null && flops > 0));
  });

  test('at full size plans with the data that a user brings: one pretrain for the six tasks of a system', () => {
    const path = sweep('table-1-corpus.yaml');
    const missing: string[] = [];
    readSweepFile(path, (file) => missing.push(file.replace(`${folder}/`, '')));
    assert.deepEqual(missing.slice(0, 2), ['data/fineweb-edu', 'data/hellaswag_val.jsonl']);
    assert.throws(() => readSweepFile(path), /data\/fineweb-edu does not exist/);
    const data = join(folder, 'data');
    mkdirSync(join(data, 'fineweb-edu'), { recursive: true });
    parquetWriteFile({
      filename: join(data, 'fineweb-edu', '000.parquet'),
      columnData: [{ name: 'text', data: ['a text'], type: 'STRING' }],
    });
    for (const name of [
      'hellaswag_val.jsonl',
      'ARC-Easy-Test.jsonl',
      'socialiqa_dev.jsonl',
      'piqa_valid.jsonl',
      'winogrande_dev.jsonl',
    ])
      writeFileSync(join(data, name), '{}\n{}\n');
    for (const name of ['socialiqa_dev-labels.lst', 'piqa_valid-labels.lst']) writeFileSync(join(data, name), '0\n1\n');
    const { spec } = readSweepFile(path);
    const planned = planSweepFile(spec);
    const cells = Array.from({ length: planned.size }, (_, index) => planned.cell(index));
    const tasks = new Set(cells.map(({ task }) => task));
    assert.deepEqual([...tasks], ['corpus', 'hellaswag', 'arc_easy', 'social_iqa', 'piqa', 'winogrande']);
    const phases = new Map(
      cells.flatMap(({ trial }) => trial.phases.map(({ key, config }) => [key, config.kind] as const)),
    );
    assert.equal([...phases.values()].filter((kind) => kind === 'pretrain').length, 2 * 5);
    const tokens = cells.map(({ settings: { pretrain } }) => (pretrain?.steps ?? 0) * 512 * 1_024);
    assert.deepEqual(
      [...new Set(tokens.map((count) => Math.round(count / 1e9)))].sort((a, b) => a - b),
      [0, 8, 40],
    );
  });
});
