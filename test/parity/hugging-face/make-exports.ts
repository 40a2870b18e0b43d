// Makes the exports that check-export.py reads: systems trained for one step from the fixtures, exported, with what the engine computes with
// their Bases and Coprocessors; and two with real tokenizers. Usage: node --import tsx make-exports.ts FOLDER (which must not exist)

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SystemName } from '../../../services/study/settings/system-names.ts';
import { taskSchema } from '../../../services/study/settings/task-settings.ts';
import type { NamedTensors } from '../../../services/tensor/runtime/index.ts';
import { createEngine } from '../../../services/trainer/engine/index.ts';
import { type ModelConfig, tokenEmbeddingName } from '../../../services/trainer/models/index.ts';
import { createTask } from '../../../services/trainer/tasks/index.ts';
import { createTokenizer } from '../../../services/trainer/tokenizers/index.ts';
import {
  exportHuggingFaceFolders,
  loadHuggingFaceFolder,
  resolveLocalModel,
  tokenizerFiles,
} from '../../../services/trainer/weights/index.ts';
import { corpus, PLAIN, withLanguageModel } from './language-model.ts';

const FIXTURES = fileURLToPath(new URL('./fixtures', import.meta.url));
const IDS = [
  [3, 14, 15, 9, 26, 5],
  [2, 7, 18, 28, 18, 2],
];
const TEXT = 'Every grimpus is a yumpus; 3 * (4 + 5) = 27. Émile said "ça va"?\n';

const [, , folder] = process.argv;
if (folder === undefined) throw new Error('usage: make-exports.ts FOLDER');
mkdirSync(folder, { recursive: false });

for (const [name, system] of [
  ['gpt2-fp32', 'h2'],
  ['gpt2-sharded-fp16', 'h1'],
  ['qwen3-fp32', 'h1_h2'],
  ['qwen3-sharded-bf16', 'liu'],
  ['qwen3-fp16', 'soft_embeddings'],
  ['gpt2-untied', 'h2'],
  ['qwen3-untied', 'coconut'],
] as const) {
  const { config, tensors } = loadHuggingFaceFolder(join(FIXTURES, name));
  const path = join(folder, `${name}-${system}`);
  const trained = trainOneStep(config, tensors, system);
  exportHuggingFaceFolders(path, config, trained);
  const expected = {
    ids: IDS,
    base: logitsOf(config, trained, 'base'),
    coprocessor: logitsOf(config, trained, 'coprocessor'),
  };
  writeFileSync(join(path, 'expected.json'), JSON.stringify(expected));
}

for (const name of ['gpt2', 'qwen3'] as const) {
  const tokenizer = createTokenizer(name, createTask(taskSchema.parse({ name: 'countdown' })));
  const shape = {
    family: name,
    layers: 1,
    width: 8,
    heads: 2,
    kvHeads: null,
    headWidth: null,
    inner: null,
    context: 64,
  };
  const { config } = resolveLocalModel(shape, tokenizer);
  const engine = createEngine({ ...PLAIN, model: config });
  engine.initialise({ seed: 1, base: null, coprocessorInit: 'base', softInit: { kind: 'mean' } });
  const path = join(folder, `tokenizer-${name}`);
  exportHuggingFaceFolders(path, config, engine.weights(), {
    name,
    eosTokenId: tokenizer.eosTokenId,
    files: tokenizerFiles(name),
  });
  engine.release();
  const ids = tokenizer.encode(TEXT);
  writeFileSync(join(path, 'expected.json'), JSON.stringify({ text: TEXT, ids, end: tokenizer.eosTokenId }));
}

function trainOneStep(model: ModelConfig, base: NamedTensors, system: SystemName): NamedTensors {
  const engine = createEngine({ ...PLAIN, model, system, latents: 2, query: 'marker' });
  try {
    engine.initialise({ seed: 1, base, coprocessorInit: 'base', softInit: { kind: 'mean' } });
    const items = IDS.map((ids) => ({ question: ids.slice(0, 4), latents: 2, target: ids.slice(4) }));
    engine.trainStep({ kind: 'curriculum', items }, { base: 0.01, coprocessor: 0.03, soft: 0.01 }, null);
    return engine.weights();
  } finally {
    engine.release();
  }
}

/** Of every position but the last; null where the system has no such part. A Coprocessor gets the Base's embedding, as in the export. */
function logitsOf(config: ModelConfig, trained: NamedTensors, part: 'base' | 'coprocessor'): number[] | null {
  const own = [...trained].filter(([name]) => name.startsWith(`${part}.`));
  const embedding = `base.${tokenEmbeddingName(config)}`;
  const tensors = new Map(own.map(([name, tensor]) => [`base.${name.slice(part.length + 1)}`, tensor]));
  const shared = trained.get(embedding);
  if (own.length === 0 || shared === undefined) return null;
  tensors.set(embedding, shared);
  const { ownHead, ...headless } = config;
  const model = ownHead === true && part === 'coprocessor' ? headless : config;
  return withLanguageModel(model, tensors, (engine) => [...engine.inspect(corpus(IDS)).logits]);
}
