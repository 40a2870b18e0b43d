// Names on the hub in sweep files: pinned to commits, so that a branch that moves changes no trial. The hub is a local server.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { planSweepFile } from '../../services/study/plan/plan-sweep-file.ts';
import { readPinnedSweepFile, readSweepFile } from '../../services/sweep-file/index.ts';
import { describeWeights } from '../../services/trainer/index.ts';
import { GPT2, parametersOf, temporaryFolder, writeFolder } from './weights-folder.ts';
import { COMMIT, startHub } from './weights-hub-server.ts';

const MODEL = { ...GPT2, vocabSize: 300, contextLength: 128 };

const sweepOn = (t: TestContext, weights: readonly string[]): string => {
  const path = join(temporaryFolder(t), 'sweep.yaml');
  writeFileSync(
    path,
    `name: hub
tokenizer: bytes
task: { name: countdown, operands: 3, train: 10, valid: 2, test: 2 }
train: { stepsPerStage: 2, batch: 2, lr: 1e-3 }
systems: [no_cot]
seeds: 1
axes: { model.weights: ${JSON.stringify(weights)} }
`,
  );
  return path;
};

async function hubOf(t: TestContext) {
  const folder = temporaryFolder(t);
  writeFolder(folder, MODEL, parametersOf(MODEL));
  const files = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
  const hub = await startHub(t, { files, large: ['model.safetensors'] });
  return { hubUrl: hub.url, cacheDir: temporaryFolder(t), attempts: 1, retryDelayMs: 1 };
}

test('a branch stands for its commit, and both are one trial', async (t) => {
  const options = await hubOf(t);
  const asked: string[] = [];
  const describe = (name: string) => {
    asked.push(name);
    return describeWeights(name, options);
  };
  const names = ['hf:someone/tiny-model@main', `hf:someone/tiny-model@${COMMIT}`];
  const { spec } = await readPinnedSweepFile(sweepOn(t, names), describe);
  const pinned = `hf:someone/tiny-model@${COMMIT}`;
  assert.deepEqual(asked.sort(), [...names].sort());
  assert.deepEqual(
    spec.axes.find(({ path }) => path === 'model.weights')?.values,
    names.map(() => pinned),
  );
  const [facts] = Object.entries(spec.files);
  assert.equal(facts?.[0], pinned);
  assert.equal(facts?.[1].shape?.width, MODEL.width);
  const plan = planSweepFile(spec);
  const keys = new Set(Array.from({ length: plan.size }, (_, cell) => plan.cell(cell).trial.key));
  assert.equal(keys.size, 1);
});

test('what cannot be described stays as it is written, and without hub names nobody is asked', async (t) => {
  const path = sweepOn(t, ['hf:someone/tiny-model@main']);
  const left = await readPinnedSweepFile(path, () => Promise.resolve(null));
  assert.deepEqual(left, readSweepFile(path));
  const folder = temporaryFolder(t);
  writeFolder(folder, MODEL, parametersOf(MODEL));
  await readPinnedSweepFile(sweepOn(t, [folder]), () => assert.fail('asked the hub'));
});

test('a hub that cannot be reached is told with what to do', async (t) => {
  const path = sweepOn(t, ['hf:someone/tiny-model@main']);
  const unreachable = { hubUrl: 'http://127.0.0.1:9', cacheDir: temporaryFolder(t), attempts: 1, retryDelayMs: 1 };
  await assert.rejects(
    readPinnedSweepFile(path, (name) => describeWeights(name, unreachable)),
    {
      code: 'DATA_MISSING',
    },
  );
});
