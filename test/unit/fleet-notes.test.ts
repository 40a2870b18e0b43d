// What no node has is told when a sweep is planned or started; models whose shape is public are planned without the hub.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { notesOn } from '../../services/cli/fleet-notes.ts';
import { estimateSweep } from '../../services/study/cost/sweep-estimate.ts';
import type { SweepSpec } from '../../services/study/plan/index.ts';
import { publicShape } from '../../services/study/systems/index.ts';
import { modelParameters } from '../../services/study/systems/model-tensors.ts';
import { readPinnedSweepFile, readSweepFile } from '../../services/sweep-file/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'lsweep-fleet-notes-'));
after(() => rmSync(folder, { recursive: true }));

function fileOf(lines: readonly string[]): string {
  const file = join(folder, 's.yaml');
  writeFileSync(file, lines.join('\n'));
  return file;
}

const small = (resources: string): SweepSpec =>
  readSweepFile(
    fileOf([
      'name: s',
      'model: { family: gpt2, layers: 2, width: 64, heads: 2, context: 256 }',
      'tokenizer: words',
      'task: { name: countdown, train: 100 }',
      'train: { stepsPerStage: 2, batch: 4 }',
      'curriculum: null',
      `resources: ${resources}`,
      'axes: { system: [h2], latents: [2] }',
      'seeds: 1',
    ]),
  ).spec;

const cpu = { device: 'cpu', memory_bytes: 8e9 };

test('a device that no node has, and memory that no slot has, are told; what fits is not', () => {
  assert.deepEqual(notesOn(small('{ device: any }'), [cpu]), []);
  assert.deepEqual(notesOn(small('{ device: cuda }'), []), [], 'no node is known yet');
  const [device = ''] = notesOn(small('{ device: cuda }'), [cpu]);
  assert.match(device, /^resources\.device is cuda, and no connected node has such a slot \(there are: cpu\)/);
  const [memory = ''] = notesOn(small('{ device: any }'), [{ device: 'cpu', memory_bytes: 1e5 }]);
  assert.match(memory, /^a phase needs at least .*no connected slot has more than/);
  assert.deepEqual(notesOn(small('{ device: any }'), [{ device: 'cpu', memory_bytes: 0 }]), [], 'memory is not known');
});

test('public models have the numbers of parameters that are published for them', () => {
  const count = (weights: string, vocabulary: number): number => {
    const shape = publicShape(weights);
    assert.ok(shape, weights);
    return modelParameters(shape, vocabulary);
  };
  assert.equal(count('hf:openai-community/gpt2@main', 50_257), 124_439_808);
  assert.equal(count('hf:openai-community/gpt2-xl', 50_257), 1_557_611_200);
  assert.equal(count('hf:Qwen/Qwen3-0.6B@main', 151_936), 596_049_920);
  assert.equal(publicShape('hf:somebody/else'), null);
  assert.equal(publicShape('./folder'), null);
});

test('a sweep over a public model has costs without the hub, and the same trials as before', async () => {
  const file = fileOf([
    'name: s',
    'model: { weights: "hf:openai-community/gpt2@main" }',
    'tokenizer: gpt2',
    'task: { name: countdown, train: 100 }',
    'train: { stepsPerStage: 2, batch: 4 }',
    'curriculum: null',
    'axes: { system: [h2], latents: [2] }',
    'seeds: 1',
  ]);
  const { spec } = await readPinnedSweepFile(
    file,
    async () => null,
    () => undefined,
  );
  assert.deepEqual(spec.files, {}, 'the table is no fact about the weights, so no key counts it');
  const { trials } = estimateSweep(spec);
  assert.ok((trials[0]?.flops ?? 0) > 1e12);
  assert.ok((trials[0]?.parameters?.total ?? 0) > 2 * 124_439_808 - 50_257 * 768 - 1);
});
