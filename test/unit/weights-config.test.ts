// config.json of GPT-2 and Qwen-3 folders: read as transformers reads it, or refused with file, key, value and what is allowed; by plan as by
// the trainer, which have one reader.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSweepFile } from '../../services/sweep-file/index.ts';
import { parseModelConfig } from '../../services/trainer/models/index.ts';
import { loadHuggingFaceFolder } from '../../services/trainer/weights/index.ts';
import {
  f32,
  failsWith,
  GPT2,
  parametersOf,
  QWEN3,
  temporaryFolder,
  writeFolder,
  writeShards,
} from './weights-folder.ts';

const GPT2_JSON = { model_type: 'gpt2', vocab_size: 9, n_positions: 8, n_embd: 6, n_layer: 2, n_head: 2 };
const QWEN3_JSON = {
  model_type: 'qwen3',
  vocab_size: 9,
  hidden_size: 6,
  intermediate_size: 5,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 4,
};

const REFUSED: readonly (readonly [family: object, changes: object, ...words: readonly string[]])[] = [
  [GPT2_JSON, { activation_function: 'gelu' }, 'activation_function "gelu"', 'gelu_new'],
  [GPT2_JSON, { scale_attn_by_inverse_layer_idx: true }, 'scale_attn_by_inverse_layer_idx true', 'allowed: false'],
  [GPT2_JSON, { reorder_and_upcast_attn: true }, 'reorder_and_upcast_attn true', 'allowed: false'],
  [GPT2_JSON, { scale_attn_weights: false }, 'scale_attn_weights false', 'allowed: true'],
  [GPT2_JSON, { add_cross_attention: true }, 'add_cross_attention true'],
  [GPT2_JSON, { pruned_heads: { 0: [1] } }, 'pruned_heads {"0":[1]}'],
  [GPT2_JSON, { n_embd: '6' }, 'n_embd "6"', 'allowed: a whole number >= 1'],
  [GPT2_JSON, { n_inner: 0 }, 'n_inner 0', 'a whole number >= 1'],
  [GPT2_JSON, { hidden_size: 12 }, 'hidden_size 12 contradicts n_embd 6'],
  [GPT2_JSON, { quantization_config: { bits: 4 } }, 'quantization_config {"bits":4}', 'null'],
  [GPT2_JSON, { torch_dtype: 'float8_e4m3fn' }, 'torch_dtype "float8_e4m3fn"', 'bfloat16'],
  [GPT2_JSON, { tie_word_embeddings: 'yes' }, 'tie_word_embeddings "yes"', 'true, false'],
  [QWEN3_JSON, { hidden_act: 'gelu' }, 'hidden_act "gelu"', 'silu'],
  [QWEN3_JSON, { attention_bias: true }, 'attention_bias true', 'allowed: false'],
  [QWEN3_JSON, { head_dim: 5 }, 'head_dim 5', 'even'],
  [QWEN3_JSON, { head_dim: null }, 'head_dim null', 'whole number'],
  [QWEN3_JSON, { partial_rotary_factor: 0.5 }, 'partial_rotary_factor 0.5', 'allowed: 1'],
  [
    QWEN3_JSON,
    { rope_theta: 1e4, rope_parameters: { rope_type: 'default', rope_theta: 1e6 } },
    'rope_parameters.rope_theta 1000000 contradicts rope_theta 10000',
  ],
  [
    QWEN3_JSON,
    { rope_parameters: { rope_theta: 1e6 }, rope_scaling: { rope_theta: 1e4 } },
    'rope_scaling.rope_theta 10000 contradicts rope_parameters.rope_theta 1000000',
  ],
  [
    QWEN3_JSON,
    { rope_scaling: { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 128 } },
    'rope_scaling.rope_type "yarn"',
    'allowed: default',
  ],
  [QWEN3_JSON, { rope_scaling: { type: 'linear', factor: 2 } }, 'rope_scaling.type "linear"', 'default'],
  [QWEN3_JSON, { rope_parameters: { rope_type: 'llama3', rope_theta: 1e6 } }, 'rope_parameters.rope_type "llama3"'],
  [QWEN3_JSON, { rope_scaling: { type: 'default', mrope_section: [1, 1] } }, 'rope_scaling.mrope_section [1,1]'],
  [QWEN3_JSON, { rope_parameters: { full_attention: {} } }, 'rope_parameters.full_attention {}'],
  [QWEN3_JSON, { use_sliding_window: true }, 'use_sliding_window true', 'allowed: false'],
  [QWEN3_JSON, { layer_types: ['full_attention', 'sliding_attention'] }, 'layer_types.1 "sliding_attention"'],
  [QWEN3_JSON, { layer_types: ['full_attention'] }, 'layer_types names 1 layers, num_hidden_layers is 2'],
  [QWEN3_JSON, { num_key_value_heads: undefined }, 'num_attention_heads 2', 'num_key_value_heads 32'],
  [QWEN3_JSON, { is_causal: false }, 'is_causal false', 'allowed: true'],
  [QWEN3_JSON, { model_type: 'qwen3_moe' }, 'model_type "qwen3_moe"', 'allowed: gpt2, qwen3'],
];

for (const [family, changes, ...words] of REFUSED) {
  test(`a config with ${JSON.stringify(changes)} is refused with key, value and what is allowed`, () => {
    assert.throws(() => parseModelConfig({ ...family, ...changes }), failsWith('CONFIG_INVALID', ...words));
  });
}

test('what transformers leaves out means what it means there', () => {
  assert.deepEqual(parseModelConfig({ model_type: 'gpt2' }), {
    kind: 'gpt2',
    vocabSize: 50_257,
    contextLength: 1_024,
    width: 768,
    layers: 12,
    heads: 12,
    innerWidth: 3_072,
    normEpsilon: 1e-5,
  });
  assert.deepEqual(parseModelConfig({ model_type: 'qwen3' }), {
    kind: 'qwen3',
    vocabSize: 151_936,
    contextLength: 32_768,
    width: 4_096,
    layers: 32,
    heads: 32,
    keyValueHeads: 32,
    headWidth: 128,
    innerWidth: 22_016,
    normEpsilon: 1e-6,
    ropeTheta: 1e4,
    ownHead: true,
  });
});

test('other ways to write the same model are accepted', () => {
  const gpt2 = parseModelConfig(GPT2_JSON);
  for (const same of [
    { n_embd: undefined, hidden_size: 6 },
    { hidden_size: 6, num_hidden_layers: 2 },
    { activation_function: 'gelu_pytorch_tanh', n_inner: 24, dtype: 'bfloat16', torch_dtype: 'float16' },
    { reorder_and_upcast_attn: false, tie_word_embeddings: null, attn_pdrop: 0.1, pruned_heads: {} },
  ])
    assert.deepEqual(parseModelConfig({ ...GPT2_JSON, ...same }), gpt2, JSON.stringify(same));
  const qwen3 = parseModelConfig({ ...QWEN3_JSON, rope_theta: 1e6 });
  for (const same of [
    { rope_parameters: { rope_type: 'default', rope_theta: 1e6 } },
    { rope_theta: 1e6, rope_scaling: { rope_type: 'default' } },
    { rope_theta: 1e6, rope_scaling: null, rope_parameters: { rope_theta: 1e6 } },
    { rope_theta: 1e6, rope_scaling: {}, partial_rotary_factor: 1, hidden_act: 'swish' },
    { rope_theta: 1e6, use_sliding_window: false, sliding_window: 4, max_window_layers: 1 },
    { rope_theta: 1e6, layer_types: ['full_attention', 'full_attention'], use_sliding_window: false },
  ])
    assert.deepEqual(parseModelConfig({ ...QWEN3_JSON, ...same }), qwen3, JSON.stringify(same));
  const kvOf = parseModelConfig({ ...QWEN3_JSON, num_key_value_heads: null });
  assert.equal(kvOf.kind === 'qwen3' && kvOf.keyValueHeads, 2);
});

test('a tied tensor that is stored as the head alone is the embedding, in one file and in shards', (t) => {
  for (const config of [GPT2, QWEN3]) {
    const name = config.kind === 'gpt2' ? 'transformer.wte.weight' : 'model.embed_tokens.weight';
    const tensors = parametersOf(config);
    const stored = new Map([...tensors].map(([key, tensor]) => [key === name ? 'lm_head.weight' : key, tensor]));
    const one = temporaryFolder(t);
    writeFolder(one, config, stored);
    const several = temporaryFolder(t);
    const half = Math.ceil(stored.size / 2);
    writeShards(
      several,
      config,
      new Map([
        ['part-0.safetensors', new Map([...stored].slice(0, half))],
        ['part-1.safetensors', new Map([...stored].slice(half))],
      ]),
    );
    for (const folder of [one, several]) {
      const read = loadHuggingFaceFolder(folder).tensors.get(`base.${name}`);
      assert.deepEqual(new Uint8Array(read?.data.buffer ?? new ArrayBuffer(0)), tensors.get(name)?.bytes);
    }
    writeFolder(
      one,
      config,
      stored.set(
        'lm_head.weight',
        f32([2, 2], () => 0),
      ),
    );
    assert.throws(() => loadHuggingFaceFolder(one), failsWith('WEIGHTS_INVALID', 'lm_head.weight', '[2, 2]'));
  }
});

test('what the trainer would refuse of a folder is a problem of the sweep file, with its line', (t) => {
  const folder = temporaryFolder(t);
  const sweep = join(folder, 's.yaml');
  writeFileSync(
    sweep,
    'name: s\nmodel: { weights: . }\ntokenizer: bytes\ntask: { name: countdown }\ntrain: { stepsPerStage: 1 }\nsystem: no_cot\n',
  );
  const refused = (...words: readonly string[]): void =>
    assert.throws(() => readSweepFile(sweep), failsWith('SPEC_INVALID', `${sweep}:2: model.weights: `, ...words));
  const tensors = parametersOf({ ...QWEN3, vocabSize: 300 });
  writeFolder(folder, { ...QWEN3, vocabSize: 300 }, tensors, { rope_scaling: { rope_type: 'yarn', factor: 4 } });
  refused(join(folder, 'config.json'), 'rope_scaling.rope_type "yarn" is not allowed; allowed: default');

  const [first = ''] = tensors.keys();
  writeFolder(folder, { ...QWEN3, vocabSize: 300 }, new Map([...tensors].filter(([name]) => name !== first)));
  refused('lacks tensor model.embed_tokens.weight [300, 6]');

  const bytes = { dtype: 'I8', shape: [300, 6], bytes: new Uint8Array(1_800) };
  writeFolder(folder, { ...QWEN3, vocabSize: 300 }, new Map([...tensors, [first, bytes]]));
  refused(`holds tensor ${first} as I8; F32, F16 and BF16 are read`);

  const head = f32([300, 6], (i) => i + 1);
  writeFolder(folder, { ...QWEN3, vocabSize: 300 }, new Map([...tensors, ['lm_head.weight', head]]));
  refused('lm_head.weight is 1 at element 0', `the token embedding ${first} is 0.015625`, 'tie_word_embeddings');

  writeFileSync(join(folder, 'config.json'), '{ "model_type": "qwen3",');
  refused('config.json is not JSON');
});
