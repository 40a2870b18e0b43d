// Patterns of tokenizers that people bring: one that backtracks without end is refused, by name, instead of hanging plan and trainer; real ones
// give the same ids as without the bound.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { boundedCall } from '../../services/trainer/tokenizers/bounded-call.ts';
import {
  loadPackagedTokenizer,
  loadTokenizerFile,
  packagedTokenizerFile,
} from '../../services/trainer/tokenizers/hugging-face.ts';

const folder = mkdtempSync(join(tmpdir(), 'tokenizer-patterns-'));
after(() => rmSync(folder, { recursive: true }));

function tokenizerWith(pattern: string, name: string): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    JSON.stringify({
      version: '1.0',
      added_tokens: [{ id: 3, content: '<|endoftext|>', special: true }],
      normalizer: null,
      pre_tokenizer: { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
      post_processor: null,
      decoder: null,
      model: { type: 'BPE', vocab: { a: 0, b: 1, '!': 2 }, merges: [], unk_token: 'a' },
    }),
  );
  return path;
}

test('a pattern that backtracks without end is refused when it is loaded, by file and pattern', () => {
  for (const [index, pattern] of ['(a+)+$', '(\\w*\\s?)*$', '(a|a)+$', '^(\\d+)*$'].entries()) {
    const path = tokenizerWith(pattern, `endless-${index}.json`);
    assert.throws(() => loadTokenizerFile(path), {
      code: 'DATA_INVALID',
      message:
        /endless-\d\.json takes more than \d+ s for a text of \d+ characters; a pattern in it backtracks without end: ".*\$"/,
    });
  }
});

test('one that meets its text only later is refused then', () => {
  const tokenizer = loadTokenizerFile(tokenizerWith('(b+b+)+$', 'later.json'));
  assert.deepEqual(tokenizer.encode('ab'), [0, 1]);
  assert.throws(() => tokenizer.encode(`${'b'.repeat(45)}!`), { code: 'DATA_INVALID', message: /later\.json/ });
  assert.deepEqual(tokenizer.encode('ab'), [0, 1]);
});

test('the tokenizers of GPT-2 and Qwen-3 give the same ids as files that somebody brings', () => {
  const texts = [
    "It's 1,234 o'clock \n\n  now\t",
    'naïve 中文 🙂 <|endoftext|>',
    ' '.repeat(300),
    `${'x'.repeat(3_000)}!`,
    '',
  ];
  for (const name of ['gpt2', 'qwen3'] as const) {
    const path = join(folder, `${name}.json`);
    writeFileSync(path, gunzipSync(readFileSync(packagedTokenizerFile(name))));
    const brought = loadTokenizerFile(path);
    const packaged = loadPackagedTokenizer(name);
    for (const text of texts) {
      const ids = packaged.encode(text);
      assert.deepEqual(brought.encode(text), ids);
      assert.equal(brought.decode(ids), packaged.decode(ids));
    }
    assert.equal(brought.hash, packaged.hash);
  }
});

test('what bounded work throws is thrown, and what it gives is given', () => {
  assert.deepEqual(boundedCall(60_000, () => [1, 2])?.result, [1, 2]);
  assert.throws(() => boundedCall(60_000, () => assert.fail('mine')), /mine/);
  assert.equal(
    boundedCall(50, () => {
      for (;;);
    }),
    null,
  );
});
