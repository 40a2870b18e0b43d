// Tokenizers: round trips, specials, known ids of the real ones, files of one's own.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type TokenizerSettings } from '../../services/study/settings/settings.ts';
import { taskSchema } from '../../services/study/settings/task-settings.ts';
import { createTask, questionsOf } from '../../services/trainer/tasks/index.ts';
import { createTokenizer, packagedTokenizerFile } from '../../services/trainer/tokenizers/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const task = questionsOf(createTask(taskSchema.parse({ name: 'prosqa', train: 500 })));
const make = (settings: TokenizerSettings) => createTokenizer(settings, task);
const folder = mkdtempSync(join(tmpdir(), 'tokenizer-'));
after(() => rmSync(folder, { recursive: true }));

describe('bytes', () => {
  const bytes = make('bytes');
  test('round-trips every text, with specials beyond the bytes', () => {
    assert.equal(bytes.vocabularySize, 258);
    assert.equal(bytes.eosTokenId, 256);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => bytes.decode([...bytes.encode(text), 256]) === text),
    );
  });
});

describe('words', () => {
  test('round-trips the text of its task, one token a word, and knows held-out words too', () => {
    const words = make('words');
    const { question, answer } = task.splits.test.example(3);
    const ids = words.encode(`${question}\n### ${answer}`);
    assert.equal(words.decode([...ids, words.eosTokenId]), `${question}\n### ${answer}`);
    assert.ok(ids.every((id) => id > 1 && id < words.vocabularySize));
    assert.equal(words.encode('Every shumpus is a rempus.').length, 6);
    assert.ok(words.vocabularySize < 200);
  });

  test('is the same for the same task data, and its hash differs for another vocabulary', () => {
    const again = createTokenizer('words', createTask(taskSchema.parse({ name: 'prosqa', train: 500 })));
    const other = createTokenizer(
      'words',
      createTask(taskSchema.parse({ name: 'countdown', train: 500, test: 8, valid: 8 })),
    );
    assert.equal(make('words').hash, again.hash);
    assert.notEqual(again.hash, other.hash);
    assert.deepEqual(again.encode('Is Tom a lempus?'), make('words').encode('Is Tom a lempus?'));
  });

  test('a word is one token at the start of a line and within it', () => {
    const words = make('words');
    const [first, ...rest] = words.encode('Tom is a lempus.\nTom is Tom');
    assert.deepEqual(
      rest.filter((id) => id === first),
      [first, first],
    );
  });

  test('the vocabulary waits for no example after every word that can come has come, and is that of all examples', () => {
    for (const settings of [{ nodes: 6, balanced: true }, { nodes: 22.8 }, { nodes: 34 }, { nodes: 40, train: 200 }]) {
      const drawn = questionsOf(
        createTask(taskSchema.parse({ name: 'prosqa', train: 2_000, valid: 2, test: 2, ...settings })),
      );
      const { train } = drawn.splits;
      const read = new Set<number>();
      const example = (index: number) => {
        read.add(index);
        return train.example(index);
      };
      const words = createTokenizer('words', { ...drawn, splits: { ...drawn.splits, train: { ...train, example } } });
      assert.equal(words.hash, createTokenizer('words', { ...drawn, everyWord: null }).hash);
      // above 34 nodes some of the concepts are all but never drawn
      if (settings.nodes < 40) assert.ok(read.size < 200, `nodes ${settings.nodes}: ${read.size} examples read`);
    }
  });

  test('an unknown word is one unknown token', () => {
    const words = make('words');
    assert.deepEqual(words.encode('xylophone'), [1]);
    assert.equal(words.decode([1]), '\u{fffd}');
  });
});

describe('the real tokenizers', () => {
  test('are the published files, uncompressed', () => {
    assert.equal(make('gpt2').hash, 'cda20b8ca044949aa07ac4078420c80d1a57139d5f9f33700e46fb2d891e7c66');
    assert.equal(make('qwen3').hash, 'aeb13307a71acd8fe81861d94ad54ab689df773318809eed3cbe794b4492dae4');
  });

  test('GPT-2 gives the published ids', () => {
    const gpt2 = make('gpt2');
    assert.equal(gpt2.vocabularySize, 50_257);
    assert.equal(gpt2.eosTokenId, 50_256);
    assert.deepEqual(gpt2.encode('Hello world'), [15_496, 995]);
    assert.deepEqual(
      gpt2.encode('<<16-3-4=9>>\n### 18'),
      [16_791, 1_433, 12, 18, 12, 19, 28, 24, 4_211, 198, 21_017, 1_248],
    );
  });

  test('Qwen-3 has 151,669 ids and adds no special token', () => {
    const qwen = make('qwen3');
    assert.equal(qwen.vocabularySize, 151_669);
    assert.deepEqual(qwen.encode('Hello world'), [9_707, 1_879]);
    assert.ok(qwen.eosTokenId >= 151_643);
  });

  for (const name of ['gpt2', 'qwen3'] as const) {
    test(`${name} round-trips odd texts and leaves specials out when decoding`, () => {
      const tokenizer = make(name);
      for (const text of [
        'caf\u00e9 \u4f60\u597d \u{1f600}',
        ' two  spaces , and .',
        'a\n\n\tb',
        task.splits.test.example(0).question,
      ]) {
        const ids = tokenizer.encode(text);
        assert.equal(tokenizer.decode([...ids, tokenizer.eosTokenId]), text);
      }
      assert.equal(tokenizer.decode([]), '');
    });
  }
});

describe('a tokenizer file', () => {
  test('is read with or without its config', () => {
    const path = join(folder, 'tokenizer.json');
    writeFileSync(path, gunzipSync(readFileSync(packagedTokenizerFile('gpt2'))));
    const own = make({ file: path });
    assert.equal(own.eosTokenId, 50_256);
    assert.equal(own.hash, make('gpt2').hash);
    assert.deepEqual(own.encode('Hello world'), [15_496, 995]);
  });

  test('a missing, broken or foreign file is refused by name', () => {
    const refused = (path: string, code: string) =>
      assert.throws(
        () => make({ file: path }),
        (error) => error instanceof LatentSweepError && error.code === code && error.message.includes(path),
      );
    refused(join(folder, 'none.json'), 'DATA_MISSING');
    const broken = join(folder, 'broken.json');
    writeFileSync(broken, '{"model":');
    refused(broken, 'DATA_INVALID');
    writeFileSync(broken, '{"vocab": {}}');
    refused(broken, 'DATA_INVALID');
    writeFileSync(broken, '{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}');
    refused(broken, 'DATA_INVALID');
  });
});
