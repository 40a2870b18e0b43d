import assert from 'node:assert/strict';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { shapeOfFolder } from '../../services/trainer/index.ts';
import type { ModelConfig } from '../../services/trainer/models/index.ts';
import { describeWeights, loadHuggingFaceFolder, resolveLocalModel } from '../../services/trainer/weights/index.ts';
import {
  f32,
  failsWith,
  GPT2,
  parametersOf,
  QWEN3,
  type RawTensor,
  safetensorsBytes,
  temporaryFolder,
  writeFolder,
  writeIndex,
  writeShards,
} from './weights-folder.ts';

const LN = 'transformer.h.1.ln_1.weight';

function bytesOf(data: Float32Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

function assertLoads(folder: string, expected: ReadonlyMap<string, RawTensor>): void {
  const { tensors } = loadHuggingFaceFolder(folder);
  assert.deepEqual(
    [...tensors.keys()],
    [...expected.keys()].map((name) => `base.${name}`),
  );
  for (const [name, { shape, bytes }] of expected) {
    const tensor = tensors.get(`base.${name}`);
    assert.ok(tensor);
    assert.deepEqual(tensor.shape, shape);
    assert.ok(bytesOf(tensor.data).equals(bytes), name);
  }
}

for (const config of [GPT2, QWEN3]) {
  test(`a ${config.kind} folder loads with every name, shape and bit`, (t) => {
    const folder = temporaryFolder(t);
    const tensors = parametersOf(config);
    writeFolder(folder, config, tensors);
    assert.deepEqual(loadHuggingFaceFolder(folder).config, config);
    assertLoads(folder, tensors);
  });

  test(`a ${config.kind} file whose names lack the prefix, in any order, with buffers of other dtypes, loads the same`, (t) => {
    const folder = temporaryFolder(t);
    const tensors = parametersOf(config);
    const stored = new Map(
      [...tensors].reverse().map(([name, tensor]) => [name.replace(/^(?:transformer|model)\./, ''), tensor]),
    );
    const mask: RawTensor = { dtype: 'BOOL', shape: [1, 1, 5, 5], bytes: new Uint8Array(25) };
    if (config.kind === 'gpt2')
      stored.set('h.0.attn.bias', mask).set(
        'h.1.attn.masked_bias',
        f32([], () => -1e4),
      );
    else
      stored
        .set(
          'layers.0.self_attn.rotary_emb.inv_freq',
          f32([2], () => 1),
        )
        .set(
          'rotary_emb.inv_freq',
          f32([2], () => 1),
        );
    writeFolder(folder, config, stored);
    assertLoads(folder, tensors);
  });

  test(`${config.kind} shards load as one file does`, (t) => {
    const folder = temporaryFolder(t);
    const tensors = parametersOf(config);
    const third = Math.ceil(tensors.size / 3);
    const shards = [0, 1, 2].map(
      (n) => [`part-${n}.safetensors`, new Map([...tensors].slice(n * third, (n + 1) * third))] as const,
    );
    writeShards(folder, config, new Map(shards));
    assertLoads(folder, tensors);
  });
}

test('the single file wins over an index beside it', (t) => {
  const folder = temporaryFolder(t);
  writeFolder(folder, GPT2, parametersOf(GPT2));
  writeIndex(folder, { [LN]: 'gone.safetensors' });
  assertLoads(folder, parametersOf(GPT2));
});

/** What a 16-bit float means, by its definition. */
function valueOf(half: number, exponentBits: number, mantissaBits: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> mantissaBits) & (2 ** exponentBits - 1);
  const fraction = (half & (2 ** mantissaBits - 1)) / 2 ** mantissaBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias);
  return sign * (1 + fraction) * 2 ** (exponent - bias);
}

for (const { dtype, exponentBits, mantissaBits } of [
  { dtype: 'F16', exponentBits: 5, mantissaBits: 10 },
  { dtype: 'BF16', exponentBits: 8, mantissaBits: 7 },
]) {
  test(`every finite ${dtype} number becomes exactly the same fp32 number`, (t) => {
    const folder = temporaryFolder(t);
    const top = 2 ** exponentBits - 1;
    const finite = Array.from({ length: 1 << 16 }, (_, half) => half).filter(
      (half) => ((half >> mantissaBits) & top) !== top,
    );
    const vocabSize = finite.length / GPT2.width;
    const config = { ...GPT2, vocabSize };
    const stored = parametersOf(config);
    stored.set('transformer.wte.weight', {
      dtype,
      shape: [vocabSize, GPT2.width],
      bytes: new Uint8Array(Uint16Array.from(finite).buffer),
    });
    writeFolder(folder, config, stored);
    const read = loadHuggingFaceFolder(folder).tensors.get('base.transformer.wte.weight')?.data;
    assert.ok(read);
    finite.forEach((half, i) =>
      assert.ok(Object.is(read[i], valueOf(half, exponentBits, mantissaBits)), `0x${half.toString(16)}`),
    );
  });
}

test('a stored head that equals the embedding is accepted, one that differs in one value is not', (t) => {
  const folder = temporaryFolder(t);
  const tensors = parametersOf(QWEN3);
  const embedding = tensors.get('model.embed_tokens.weight')!;
  writeFolder(folder, QWEN3, new Map([...tensors, ['lm_head.weight', embedding]]));
  assertLoads(folder, tensors);

  const other = { ...embedding, bytes: Uint8Array.from(embedding.bytes) };
  new Float32Array(other.bytes.buffer)[41] = 99;
  writeFolder(folder, QWEN3, new Map([...tensors, ['lm_head.weight', other]]));
  assert.throws(() => loadHuggingFaceFolder(folder), failsWith('WEIGHTS_INVALID', 'lm_head.weight', 'element 41'));
  writeFolder(folder, QWEN3, new Map([...tensors, ['lm_head.weight', f32([6, 7], () => 0)]]));
  assert.throws(
    () => loadHuggingFaceFolder(folder),
    failsWith('WEIGHTS_INVALID', 'lm_head.weight', '[6, 7]', '[7, 6]'),
  );
});

test('a head of its own is a parameter; a config that does not tie it must come with it', (t) => {
  const folder = temporaryFolder(t);
  for (const config of [GPT2, QWEN3]) {
    const untied = { ...config, ownHead: true } as const;
    const tensors = parametersOf(untied);
    assert.ok(tensors.has('lm_head.weight'));
    writeFolder(folder, untied, tensors);
    assertLoads(folder, tensors);
    assert.equal(loadHuggingFaceFolder(folder).config.ownHead, true);

    tensors.delete('lm_head.weight');
    writeFolder(folder, untied, tensors);
    assert.throws(
      () => loadHuggingFaceFolder(folder),
      failsWith('WEIGHTS_INVALID', `lm_head.weight [7, ${config.width}]`, 'tie_word_embeddings'),
    );
  }
});

test('a config that leaves tie_word_embeddings out means what it means in transformers', (t) => {
  const folder = temporaryFolder(t);
  for (const [config, ownHead] of [
    [GPT2, false],
    [QWEN3, true],
  ] as const) {
    const tensors = parametersOf(ownHead ? { ...config, ownHead } : config);
    writeFolder(folder, config, tensors, { tie_word_embeddings: undefined });
    assertLoads(folder, tensors);
  }
});

test('planning and description see the same head', async (t) => {
  const folder = temporaryFolder(t);
  for (const config of [GPT2, QWEN3, { ...GPT2, ownHead: true }, { ...QWEN3, ownHead: true }] as const) {
    for (const changes of [{}, { tie_word_embeddings: undefined }]) {
      const tied = 'tie_word_embeddings' in changes ? config.kind === 'gpt2' : !('ownHead' in config);
      const bare: ModelConfig = config.kind === 'gpt2' ? GPT2 : QWEN3;
      writeFolder(folder, config, parametersOf(tied ? bare : { ...bare, ownHead: true }), changes);
      const { shape } = await describeWeights(folder);
      assert.deepEqual(shapeOfFolder(folder), shape);
      assert.equal(shape.ownHead, tied ? undefined : true);
    }
  }
});

test('whatever parameter is missing, extra or mis-shaped is named with its shapes', (t) => {
  const folder = temporaryFolder(t);
  fc.assert(
    fc.property(
      fc.constantFrom(GPT2, QWEN3),
      fc.nat(),
      fc.constantFrom('missing', 'extra', 'shape'),
      (config, pick, fault) => {
        const tensors = parametersOf(config);
        const name = [...tensors.keys()][pick % tensors.size]!;
        const { shape } = tensors.get(name)!;
        const wrong = [...shape, 3];
        if (fault === 'missing') tensors.delete(name);
        else if (fault === 'extra')
          tensors.set(
            `${name}.lora`,
            f32([2, 2], () => 0),
          );
        else
          tensors.set(
            name,
            f32(wrong, () => 0),
          );
        writeFolder(folder, config, tensors);
        const words =
          fault === 'missing'
            ? [`lacks tensor ${name} [${shape.join(', ')}]`]
            : fault === 'extra'
              ? [`${name}.lora [2, 2]`]
              : [`${name} has shape [${wrong.join(', ')}]`, `needs [${shape.join(', ')}]`];
        assert.throws(() => loadHuggingFaceFolder(folder), failsWith('WEIGHTS_INVALID', ...words));
      },
    ),
    { numRuns: 60 },
  );
});

test('a parameter under two names is refused', (t) => {
  const folder = temporaryFolder(t);
  const tensors = parametersOf(GPT2);
  writeFolder(folder, GPT2, new Map([...tensors, ['h.1.ln_1.weight', tensors.get(LN)!]]));
  assert.throws(() => loadHuggingFaceFolder(folder), failsWith('WEIGHTS_INVALID', LN, 'two names'));
});

test('a parameter of a dtype that is no float of at most 32 bits is refused', (t) => {
  const folder = temporaryFolder(t);
  const tensors = parametersOf(GPT2);
  tensors.set(LN, { dtype: 'F64', shape: [4], bytes: new Uint8Array(32) });
  writeFolder(folder, GPT2, tensors);
  assert.throws(() => loadHuggingFaceFolder(folder), failsWith('WEIGHTS_INVALID', LN, 'F64'));
});

test('a value that is not finite is refused with its tensor and place', (t) => {
  const folder = temporaryFolder(t);
  for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) {
    const tensors = parametersOf(GPT2);
    tensors.set(
      LN,
      f32([4], (i) => (i === 2 ? value : 1)),
    );
    writeFolder(folder, GPT2, tensors);
    assert.throws(() => loadHuggingFaceFolder(folder), failsWith('WEIGHTS_INVALID', LN, String(value), 'element 2'));
  }
});

test('a file cut anywhere is refused, never loaded in part', (t) => {
  const folder = temporaryFolder(t);
  const whole = safetensorsBytes(parametersOf(GPT2)).byteLength;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole - 1 }), (length) => {
      writeFolder(folder, GPT2, parametersOf(GPT2));
      truncateSync(join(folder, 'model.safetensors'), length);
      assert.throws(
        () => loadHuggingFaceFolder(folder),
        failsWith('WEIGHTS_INVALID', 'model.safetensors', 'truncated'),
      );
    }),
    { numRuns: 60 },
  );
});

test('each fault of a sharded folder is named', (t) => {
  const folder = temporaryFolder(t);
  const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  const all = [...parametersOf(GPT2)];
  const halves = (): Map<string, Map<string, RawTensor>> =>
    new Map([
      [first, new Map(all.slice(0, 9))],
      [second, new Map(all.slice(9))],
    ]);
  const index = (): Record<string, string> =>
    Object.fromEntries([...halves()].flatMap(([file, tensors]) => [...tensors.keys()].map((name) => [name, file])));

  writeShards(folder, GPT2, halves());
  truncateSync(join(folder, second), 900);
  assert.throws(() => loadHuggingFaceFolder(folder), failsWith('WEIGHTS_INVALID', second, 'truncated'));
  rmSync(join(folder, second));
  assert.throws(() => loadHuggingFaceFolder(folder), failsWith('DATA_MISSING', second, 'not there'));

  writeShards(folder, GPT2, halves());
  writeIndex(folder, { ...index(), 'transformer.h.9.ln_1.weight': second });
  assert.throws(
    () => loadHuggingFaceFolder(folder),
    failsWith('WEIGHTS_INVALID', 'transformer.h.9.ln_1.weight', second),
  );
  const withoutOne = index();
  delete withoutOne[LN];
  writeIndex(folder, withoutOne);
  assert.throws(() => loadHuggingFaceFolder(folder), failsWith('WEIGHTS_INVALID', LN, 'does not name'));

  const twice = halves();
  twice.get(second)?.set(all[0]![0], all[0]![1]);
  writeShards(folder, GPT2, twice);
  assert.throws(() => loadHuggingFaceFolder(folder), failsWith('WEIGHTS_INVALID', all[0]![0], 'both hold'));

  writeIndex(folder, { [LN]: '../elsewhere.safetensors' });
  assert.throws(() => loadHuggingFaceFolder(folder), failsWith('DATA_INVALID', 'same folder'));
  writeIndex(folder, {});
  assert.throws(() => loadHuggingFaceFolder(folder), failsWith('DATA_INVALID', 'names no tensor'));
  writeFileSync(join(folder, 'model.safetensors.index.json'), '{');
  assert.throws(() => loadHuggingFaceFolder(folder), failsWith('DATA_INVALID', 'not JSON'));
});

test('what a folder lacks, and a config that means another computation, are named', (t) => {
  const folder = temporaryFolder(t);
  const nowhere = join(folder, 'nowhere');
  assert.throws(() => loadHuggingFaceFolder(nowhere), failsWith('DATA_MISSING', nowhere));
  assert.throws(() => loadHuggingFaceFolder(folder), failsWith('DATA_MISSING', 'config.json'));
  const faults: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ model_type: 'llama' }, 'llama'],
    [{ num_hidden_layers: 0 }, 'num_hidden_layers'],
    [{ hidden_act: 'gelu' }, 'hidden_act'],
    [{ use_sliding_window: true }, 'use_sliding_window'],
    [{ rope_scaling: { rope_type: 'yarn', factor: 4 } }, 'rope_scaling'],
    [{ rope_parameters: { rope_type: 'yarn', rope_theta: 1e6, factor: 4 } }, 'rope_type'],
  ];
  for (const [changes, key] of faults) {
    writeFolder(folder, QWEN3, parametersOf(QWEN3), changes);
    assert.throws(() => loadHuggingFaceFolder(folder), failsWith('CONFIG_INVALID', 'config.json', key));
  }
  writeFolder(folder, QWEN3, parametersOf(QWEN3));
  rmSync(join(folder, 'model.safetensors'));
  assert.throws(() => loadHuggingFaceFolder(folder), failsWith('DATA_MISSING', 'model.safetensors.index.json'));
});

test('a tokenizer whose ids the model does not know is refused; a smaller one is not', (t) => {
  const folder = temporaryFolder(t);
  writeFolder(folder, GPT2, parametersOf(GPT2));
  const settings = { weights: folder };
  assert.equal(resolveLocalModel(settings, { name: 'small', vocabularySize: 6 }).config.vocabSize, 7);
  const large = { name: 'large', vocabularySize: 8 };
  assert.throws(
    () => resolveLocalModel(settings, large),
    failsWith('TOKEN_OUT_OF_RANGE', 'large has 8 ids', 'knows 7'),
  );
});

test('shapes get the defaults of their family and the vocabulary of the tokenizer', () => {
  const bytes = { name: 'bytes', vocabularySize: 258 };
  const open = { kvHeads: null, headWidth: null, inner: null };
  const gpt2 = resolveLocalModel({ family: 'gpt2', layers: 2, width: 64, heads: 4, context: 128, ...open }, bytes);
  assert.equal(gpt2.readBase, null);
  assert.deepEqual(gpt2.config, {
    kind: 'gpt2',
    vocabSize: 258,
    contextLength: 128,
    width: 64,
    layers: 2,
    heads: 4,
    innerWidth: 256,
    normEpsilon: 1e-5,
  });
  const published = {
    family: 'qwen3',
    layers: 28,
    width: 1024,
    heads: 16,
    kvHeads: 8,
    headWidth: 128,
    inner: 3072,
    context: 32_768,
  } as const;
  const qwen3 = resolveLocalModel(published, { name: 'qwen3', vocabularySize: 151_936 });
  assert.deepEqual(qwen3.config, {
    kind: 'qwen3',
    vocabSize: 151_936,
    contextLength: 32_768,
    width: 1024,
    layers: 28,
    heads: 16,
    keyValueHeads: 8,
    headWidth: 128,
    innerWidth: 3072,
    normEpsilon: 1e-6,
    ropeTheta: 1e6,
  });
  const refused = [
    [{ family: 'gpt2', layers: 2, width: 64, heads: 5, context: 128, ...open }, 'model.heads 5'],
    [{ family: 'gpt2', layers: 2, width: 64, heads: 4, context: 128, ...open, kvHeads: 2 }, 'model.kvHeads 2'],
    [{ family: 'qwen3', layers: 2, width: 60, heads: 4, context: 128, ...open }, 'model.headWidth 15'],
    [{ family: 'qwen3', layers: 2, width: 64, heads: 4, context: 128, ...open, kvHeads: 3 }, 'model.kvHeads 3'],
  ] as const;
  for (const [settings, words] of refused) {
    assert.throws(() => resolveLocalModel(settings, bytes), failsWith('CONFIG_INVALID', words));
  }
});
