import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { SystemName } from '../../services/study/settings/system-names.ts';
import type { HostTensor, NamedTensors } from '../../services/tensor/runtime/index.ts';
import { readSafetensors } from '../../services/tensor/safetensors/index.ts';
import { type ModelConfig, tokenEmbeddingName } from '../../services/trainer/models/index.ts';
import { systemParameters } from '../../services/trainer/systems/index.ts';
import {
  type ExportTokenizer,
  exportHuggingFaceFolders,
  loadHuggingFaceFolder,
  tokenizerFiles,
} from '../../services/trainer/weights/index.ts';
import { failsWith, GPT2, QWEN3, temporaryFolder } from './weights-folder.ts';

/** All tensors of a system, every value different. */
function weightsOf(
  model: ModelConfig,
  system: SystemName,
  channel: 'embedding' | 'kv' | null,
): Map<string, HostTensor> {
  const described =
    channel === 'kv' ? ({ kind: 'kv', layers: 'all', rank: 2 } as const) : channel && { kind: channel, rank: null };
  let count = 0;
  const parameters = systemParameters({ model, system, channel: described, latents: 3, query: 'marker' });
  return new Map(
    parameters.map(({ name, shape }) => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => ++count / 32);
      return [name, { shape, data }];
    }),
  );
}

function part(weights: NamedTensors, prefix: string): Map<string, HostTensor> {
  return new Map(
    [...weights].flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])),
  );
}

const baseOf = (folder: string): Map<string, HostTensor> => part(loadHuggingFaceFolder(folder).tensors, 'base.');
const json = (...path: string[]): unknown => JSON.parse(readFileSync(join(...path), 'utf8'));
const path = (t: TestContext): string => join(temporaryFolder(t), 'deep', 'trial');

const OWN_HEAD = { ...QWEN3, ownHead: true } as const;

for (const model of [GPT2, QWEN3, OWN_HEAD]) {
  test(`a ${model.kind} trial${model.ownHead === true ? ' with a head of its own' : ''} comes back from its export with every bit`, (t) => {
    const weights = weightsOf(model, 'h1', 'kv');
    const folders = exportHuggingFaceFolders(path(t), model, weights);
    assert.deepEqual(loadHuggingFaceFolder(folders.base).config, model);
    assert.deepEqual(baseOf(folders.base), part(weights, 'base.'));

    const coprocessor = baseOf(folders.coprocessor!);
    assert.equal(loadHuggingFaceFolder(folders.coprocessor!).config.ownHead, undefined);
    const embedding = tokenEmbeddingName(model);
    assert.deepEqual(coprocessor.get(embedding), weights.get(`base.${embedding}`));
    coprocessor.delete(embedding);
    assert.deepEqual(coprocessor, part(weights, 'coprocessor.'));
    assert.match(readFileSync(join(folders.coprocessor!, 'README.md'), 'utf8'), /no token embedding\s+of its own/);
    const { latent_sweep: about } = json(folders.coprocessor!, 'config.json') as { latent_sweep: unknown };
    assert.deepEqual(about, { part: 'coprocessor', token_embedding: 'copied from the Base', tokenizer: null });

    const latents = readSafetensors(folders.latents!).tensors;
    assert.deepEqual(
      [...latents.keys()],
      [...weights.keys()].filter((name) => !/^(base|coprocessor)\./.test(name)),
    );
    for (const [name, tensor] of latents) assert.deepEqual(tensor, weights.get(name));
    assert.ok(latents.has('channel.k.0.down') && latents.has('soft_tokens') && latents.has('query_token'));
  });
}

test('a system of one model has one folder', (t) => {
  const weights = part(weightsOf(GPT2, 'cot', null), '');
  weights.delete('query_token');
  const folders = exportHuggingFaceFolders(path(t), GPT2, weights);
  assert.deepEqual([folders.coprocessor, folders.latents], [null, null]);
  assert.deepEqual(readdirSync(join(folders.base, '..')).sort(), ['README.md', 'base']);
});

test('the tokenizer comes along under the names that other tools look for', (t) => {
  const files = tokenizerFiles('gpt2');
  const tokenizer: ExportTokenizer = { name: 'gpt2', eosTokenId: 6, files };
  const { base } = exportHuggingFaceFolders(path(t), GPT2, weightsOf(GPT2, 'soft_embeddings', null), tokenizer);
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
    const source = readFileSync(files.get(name)!);
    assert.ok(readFileSync(join(base, name)).equals(name === 'tokenizer.json' ? gunzipSync(source) : source));
  }
  assert.deepEqual(json(base, 'generation_config.json'), {
    do_sample: false,
    bos_token_id: 6,
    eos_token_id: 6,
    pad_token_id: 6,
  });
  const own = join(temporaryFolder(t), 'mine.json');
  writeFileSync(own, '{}');
  assert.deepEqual(tokenizerFiles({ file: own }), new Map([['tokenizer.json', own]]));
  assert.equal(tokenizerFiles('bytes').size + tokenizerFiles('words').size, 0);
});

test('tensors that do not make a whole trial are refused by name, and nothing is written', (t) => {
  const to = path(t);
  const faults: readonly (readonly [(weights: Map<string, HostTensor>) => void, string])[] = [
    [(weights) => weights.delete('base.transformer.ln_f.bias'), 'base.transformer.ln_f.bias is missing'],
    [
      (weights) => weights.delete('coprocessor.transformer.wpe.weight'),
      'coprocessor.transformer.wpe.weight is missing',
    ],
    [(weights) => weights.set('base.extra', { shape: [1], data: new Float32Array(1) }), 'base.extra'],
    [
      (weights) => weights.set('adam_m.base.transformer.ln_f.bias', { shape: [4], data: new Float32Array(4) }),
      'adam_m.base',
    ],
    [
      (weights) => weights.set('base.transformer.ln_f.bias', { shape: [3], data: new Float32Array(3) }),
      'shape [3], the model needs [4]',
    ],
  ];
  for (const [damage, words] of faults) {
    const weights = weightsOf(GPT2, 'h2', 'embedding');
    damage(weights);
    assert.throws(() => exportHuggingFaceFolders(to, GPT2, weights), failsWith('WEIGHTS_INVALID', words));
    assert.throws(() => readdirSync(to), { code: 'ENOENT' });
  }
});

test('an export that fails half-way leaves nothing, and one that exists is not touched', (t) => {
  const parent = temporaryFolder(t);
  const to = join(parent, 'trial');
  const weights = weightsOf(GPT2, 'h2', 'embedding');
  const tokenizer = { name: 'lost', eosTokenId: 1, files: new Map([['tokenizer.json', join(parent, 'lost.json')]]) };
  assert.throws(
    () => exportHuggingFaceFolders(to, GPT2, weights, tokenizer),
    failsWith('ARTIFACT_STORE', to, 'ENOENT'),
  );
  assert.deepEqual(readdirSync(parent), []);

  exportHuggingFaceFolders(to, GPT2, weights);
  const before = readFileSync(join(to, 'base', 'model.safetensors'));
  assert.throws(
    () => exportHuggingFaceFolders(to, GPT2, weightsOf(GPT2, 'liu', 'embedding')),
    failsWith('CONFLICT', to),
  );
  assert.ok(readFileSync(join(to, 'base', 'model.safetensors')).equals(before));
  assert.deepEqual(readdirSync(parent), ['trial']);
});
