// Bad sweep files: everything wrong is listed at once, each with its line, key, value, what is allowed and the nearest match.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { planSweepFile } from '../../services/study/plan/plan-sweep-file.ts';
import { readSweepFile } from '../../services/sweep-file/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'sweep-file-'));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
function write(text: string, name = `sweep-${files++}.yaml`): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Lines of the error without the folder: `12: sentence`. */
function problemsOf(text: string): readonly string[] {
  const path = write(text);
  try {
    readSweepFile(path);
  } catch (error) {
    assert.ok(error instanceof LatentSweepError && error.code === 'SPEC_INVALID', String(error));
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.replace(`${path}:`, ''));
  }
  return [];
}

/** A good file; a changed key replaces its line, an added one follows. */
const GOOD = {
  name: 'good',
  model: '{ family: gpt2, layers: 2, width: 16, heads: 2, context: 128 }',
  task: '{ name: countdown }',
  base: '{ steps: 5 }',
  system: 'h2',
  latents: '4',
  train: '{ stepsPerStage: 5 }',
};
function fileOf(changes: Readonly<Record<string, string | null>>): string {
  return Object.entries({ ...GOOD, ...changes })
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

test('a good file is read', () => {
  assert.deepEqual(problemsOf(fileOf({})), []);
});

test('all problems are listed at once, in the order of the file', () => {
  const problems = problemsOf(`name: Bad_Name
model: { family: gpt2, layers: 2, width: 16, heads: 2, widht: 3 }
tokenizer: byte
task:
  name: prosqa
  trian: 3
systems:
  - soft_embeddings
  - h3
bsae: {}
train:
  lr: fast
  stepsPerStage: 5
axes:
  latents:
    - 4
    - eight
  train.bacth: [8]
`);
  assert.deepEqual(
    problems.map((line) => line.split(' ').slice(0, 2).join(' ')),
    [
      '1: name:',
      '2: model.widht',
      '3: tokenizer:',
      '6: task.trian',
      '9: systems.1:',
      '10: bsae',
      '12: train.lr:',
      '17: latents:',
      '18: axes.train.bacth',
    ],
  );
  const [name, width, tokenizer, , system, base, lr, latents, axis] = problems;
  assert.match(String(name), /"Bad_Name" is refused; allowed: lower-case letters/);
  assert.match(String(width), /unknown key; allowed: family, layers, .*; did you mean width\?$/);
  assert.match(
    String(tokenizer),
    /"byte" is not allowed; allowed: bytes, words, gpt2, qwen3, or \{file\}; did you mean bytes\?$/,
  );
  assert.match(String(system), /"h3" is not allowed; allowed: .*soft_embeddings/);
  assert.match(String(base), /did you mean base\?$/);
  assert.match(
    String(lr),
    /"fast" is not allowed; allowed: a number >= 0, or \{base, coprocessor, soft, stepDecoder\}$/,
  );
  assert.match(String(latents), /"eight" is not allowed; allowed: a whole number >= 0$/);
  assert.match(String(axis), /is not a setting; allowed here: train.stepsPerStage, .*; did you mean train.batch\?$/);
});

const REFUSED: readonly (readonly [
  what: string,
  changes: Readonly<Record<string, string | null>>,
  line: number,
  sentence: RegExp,
])[] = [
  [
    'channel without a Coprocessor',
    { system: 'soft_embeddings', channel: '{ kind: embedding }' },
    8,
    /channel .*system soft_embeddings has no Coprocessor/,
  ],
  ['kv channel on liu', { system: 'liu', channel: '{ kind: kv }' }, 8, /channel.kind kv does not fit system liu/],
  [
    'embedding channel on h1',
    { system: 'h1', channel: '{ kind: embedding }' },
    8,
    /channel.kind embedding does not fit system h1/,
  ],
  [
    'layers outside of the model',
    { system: 'h1', channel: '{ kind: kv, layers: [0, 2] }' },
    8,
    /channel.layers \[0,2\] .*model.layers 2/,
  ],
  [
    'a rank wider than the channel',
    { channel: '{ kind: embedding, rank: 17 }' },
    8,
    /channel.rank 17 is larger than the 16 floats/,
  ],
  [
    'latents that stages do not divide',
    { curriculum: '{ stages: 3 }' },
    6,
    /latents 4 is not a multiple of curriculum.stages 3/,
  ],
  [
    'a first stage beyond the last',
    { curriculum: '{ stages: 4, firstStage: 5 }' },
    8,
    /curriculum.firstStage 5 is beyond curriculum.stages 4/,
  ],
  ['a latent system without latents', { latents: '0' }, 6, /latents is 0, but system h2 works with latents/],
  [
    'continued pretraining on a task',
    { system: 'continued_pretraining' },
    5,
    /system continued_pretraining trains on running text/,
  ],
  [
    'neither steps nor epochs',
    { train: '{ batch: 8 }' },
    7,
    /train.stepsPerStage and train.epochsPerStage are both missing/,
  ],
  [
    'both steps and epochs',
    { train: '{ stepsPerStage: 5, epochsPerStage: 1 }' },
    7,
    /train.stepsPerStage 5 and train.epochsPerStage 1 are both set/,
  ],
  [
    'heads that do not divide the width',
    { model: '{ family: gpt2, layers: 2, width: 16, heads: 3 }' },
    2,
    /model.heads 3 does not divide model.width 16/,
  ],
  [
    'shared heads in gpt2',
    { model: '{ family: gpt2, layers: 2, width: 16, heads: 2, kvHeads: 1 }' },
    2,
    /model.kvHeads 1 .*gpt2 does not share heads/,
  ],
  [
    'kv heads that do not divide heads',
    { model: '{ family: qwen3, layers: 2, width: 16, heads: 4, kvHeads: 3 }' },
    2,
    /model.kvHeads 3 does not divide model.heads 4/,
  ],
  ['no room in the context', { latents: '60' }, 2, /model.context 128 is too short: .*latents 60/],
  ['no Base at all', { base: 'null' }, 4, /base is null and model has no weights/],
  [
    'a base sequence beyond the context',
    { base: '{ sequence: 200 }' },
    4,
    /base.sequence 200 is longer than model.context 128/,
  ],
  [
    'a microbatch beyond the batch',
    { train: '{ stepsPerStage: 5, batch: 8, microbatch: 16 }' },
    7,
    /train.microbatch 16 is larger than train.batch 8/,
  ],
  [
    'more items than were published',
    { task: '{ name: prosqa, test: 501 }', model: '{ family: gpt2, layers: 1, width: 8, heads: 1, context: 2048 }' },
    3,
    /task.test 501 is more than the 500 published/,
  ],
  [
    'solutions of a corpus',
    {
      task: "{ name: corpus, files: ['builtin:gsm8k'] }",
      base: '{ learns: solutions }',
      train: null,
      pretrain: '{ steps: 5 }',
    },
    4,
    /base.learns solutions needs a task with questions and steps, and task.name corpus has none/,
  ],
  [
    'published problems made balanced',
    {
      task: '{ name: prosqa, balanced: true }',
      model: '{ family: gpt2, layers: 1, width: 8, heads: 1, context: 2048 }',
    },
    3,
    /task.balanced true changes generated problems only, and with task.nodes 22.8 the held-out ones are the published/,
  ],
  [
    'a missing data file',
    {
      task: '{ name: gsm8k, trainFile: nowhere.jsonl }',
      model: '{ family: gpt2, layers: 1, width: 8, heads: 1, context: 2048 }',
    },
    3,
    /task.trainFile: .*nowhere.jsonl does not exist/,
  ],
  [
    'missing weights',
    { model: '{ weights: no-such-model }', base: null },
    2,
    /model.weights: .*no-such-model does not exist/,
  ],
  [
    'a hub name without revision',
    { model: '{ weights: "hf:openai-community/gpt2" }', base: null },
    2,
    /names no revision/,
  ],
  ['a setting fixed and varied', { axes: '{ latents: [2] }' }, 8, /axes.latents and latents are both given/],
  ['system and systems', { systems: '[h1]' }, 8, /system and systems are all given/],
  ['no system', { system: null }, 1, /system is missing; .*give system, systems, or an axis system/],
  ['an axis over seeds', { axes: '{ seed: [1, 2] }' }, 8, /axes.seed is not a setting; give seeds instead/],
  ['a value twice in an axis', { axes: '{ train.lr: [1e-4, 0.0001] }' }, 8, /axes.train.lr has the value 0.0001 twice/],
  [
    'an exclusion of nothing',
    { latents: null, axes: '{ latents: [2, 4] }', exclude: '[{ latents: 3 }]' },
    8,
    /exclude.0.latents: 3 is no value of this axis/,
  ],
  ['an exclusion by what is no axis', { exclude: '[{ latents: 4 }]' }, 8, /exclude.0.latents is no axis of this file/],
  [
    'an exclusion of everything',
    { latents: null, axes: '{ latents: [2] }', exclude: '[{ latents: 2 }]' },
    8,
    /exclude leaves no point/,
  ],
  [
    'a bad value in include',
    { include: '[{ system: liu, train.lr: -1 }]' },
    8,
    /train.lr: -1 is not allowed; allowed: a number >= 0/,
  ],
  [
    'an unknown setting in include',
    { include: '[{ sistem: liu }]' },
    8,
    /include.0.sistem is not a setting; .*did you mean system\?/,
  ],
  [
    'a priority out of range',
    { priority: '9' },
    8,
    /priority: 9 is not allowed; allowed: a whole number >= 1 and <= 5/,
  ],
  [
    'an unknown task',
    { task: '{ name: prosqua }' },
    3,
    /task.name: "prosqua" is not allowed; allowed: prosqa, countdown, gsm8k, corpus, hellaswag, .*; did you mean prosqa\?/,
  ],
];

for (const [what, changes, line, sentence] of REFUSED) {
  test(`${what} is refused at its line`, () => {
    const problems = problemsOf(fileOf(changes));
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(String(problems[0]), sentence);
    assert.equal(Number(String(problems[0]).split(':')[0]), line, problems[0]);
  });
}

test('a bad value inside a block is found at its own line', () => {
  const problems = problemsOf(`${fileOf({ system: null, latents: null })}axes:
  system: [liu, h2]
  channel:
    - { kind: embedding }
    - kind: embedding
      rank: 99
  latents:
    - 4
include:
  - system: h1
    channel: null
    curriculum:
      stages: 3
`);
  assert.deepEqual(
    problems.map((line) => line.split(' ').slice(0, 2).join(' ')),
    ['11: channel.rank', '13: latents'],
  );
});

test('broken YAML and a key given twice are refused with their lines', () => {
  assert.match(String(problemsOf('name: a\nmodel: {\n')[0]), /^\d+: /);
  assert.match(String(problemsOf(`${fileOf({})}name: again\n`)[0]), /^8: .*unique/i);
  assert.match(String(problemsOf('- a\n- b\n')[0]), /^1: the file is no map/);
  assert.match(String(problemsOf('')[0]), /^1: the file is no map/);
});

test('a file that is not there is named', () => {
  assert.throws(
    () => readSweepFile(join(folder, 'absent.yaml')),
    (error) =>
      error instanceof LatentSweepError && error.code === 'SPEC_INVALID' && error.message.includes('absent.yaml'),
  );
});

test('anchors and merge keys work, and number formats change no trial', () => {
  const head = fileOf({ train: null });
  const keys = [
    `${head}train: { stepsPerStage: 5, lr: 1e-4 }\n`,
    `${head}train: { lr: 0.0001, stepsPerStage: 5.0 }\n`,
    `${head}train: &t { stepsPerStage: 5 }\n`,
  ].map((text) => planSweepFile(readSweepFile(write(text)).spec).cell(0).trial.key);
  assert.equal(new Set(keys).size, 1);
});

test('data files are hashed and counted, relative to the sweep file', () => {
  write('a||<<1+1=2>> #### 2\nb||<<1+2=3>> #### 3\n\n', 'train.txt');
  const path = write(
    fileOf({
      task: '{ name: gsm8k, trainFile: train.txt, train: 1 }',
      train: '{ epochsPerStage: 4, batch: 2 }',
      model: '{ family: gpt2, layers: 1, width: 8, heads: 1, context: 2048 }',
    }),
  );
  const { spec } = readSweepFile(path);
  const facts = spec.files[join(folder, 'train.txt')];
  assert.equal(facts?.examples, 2);
  assert.match(String(facts?.sha256), /^[0-9a-f]{64}$/);
  const cell = planSweepFile(spec).cell(0);
  assert.equal(cell.totalStepsByPhase[1], 2);
});

test('the stored spec survives a JSON column that forgets the order of keys', () => {
  const text = fileOf({
    system: null,
    latents: null,
    axes: '{ system: [liu, h2], latents: [2, 4], train.batch: [8, 16] }',
  });
  const { spec, cells } = readSweepFile(write(text));
  const forgetful = JSON.parse(JSON.stringify(spec), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort())
      : value,
  ) as unknown;
  const keys = [spec, forgetful].map((one) => {
    const plan = planSweepFile(one);
    return Array.from({ length: cells }, (_, index) => plan.cell(index).trial.key);
  });
  assert.deepEqual(keys[1], keys[0]);
});
