// Data files as they are out there: byte order marks, Coconut's JSON for every task with a training file, hidden companions of macOS, one huge
// line, files without a separator.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { taskSchema } from '../../services/study/settings/task-settings.ts';
import { readSweepFile } from '../../services/sweep-file/index.ts';
import { documentsOf } from '../../services/trainer/tasks/documents/documents.ts';
import { createTask, type Task } from '../../services/trainer/tasks/index.ts';
import { MOST_PIECE_BYTES, readDataFile, splitText } from '../../services/trainer/text/index.ts';
import { loadHuggingFaceFolder } from '../../services/trainer/weights/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { GPT2, parametersOf, writeFolder } from './weights-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'data-files-'));
after(() => rmSync(folder, { recursive: true }));
const BOM = '\u{feff}';

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const GSM8K = [3, 4, 5, 6].map((n) => ({
  question: `Tom has ${n} boxes\nand buys 1,000 more. How many?`,
  steps: [`<<${n}+1000=${n + 1000}>>`],
  answer: `1,00${n}`,
}));
const PROSQA = [1, 2].map((n) => ({
  question: `Is ${n} a wumpus or rempus?`,
  steps: ['Every a is a b.'],
  answer: 'It is.',
}));
const lines = (problems: readonly unknown[], before = ''): string =>
  problems.map((one) => `${before}${JSON.stringify(one)}\n`).join('');

function trainingExamples(task: 'gsm8k' | 'prosqa', trainFile: string) {
  const settings = taskSchema.parse(task === 'gsm8k' ? { name: task, trainFile, valid: 1 } : { name: task, trainFile });
  const { train } = (createTask(settings) as Task).splits;
  return Array.from({ length: train.size }, (_, index) => train.example(index));
}

describe("Coconut's problems", () => {
  const forms = (problems: readonly unknown[]): Readonly<Record<string, string>> => ({
    'list.json': JSON.stringify(problems, null, 1),
    'list-with-mark.json': `${BOM}\n ${JSON.stringify(problems)}`,
    'lines.jsonl': lines(problems),
    'lines-with-mark.jsonl': `${BOM}${lines(problems)}`,
    'indented-lines.jsonl': lines(problems, '  \t'),
    'crlf.jsonl': lines(problems).replaceAll('\n', '\r\n'),
  });

  for (const name of Object.keys(forms([]))) {
    test(`are read from ${name} for every task that takes a training file`, () => {
      const gsm8k = trainingExamples('gsm8k', file(`gsm8k-${name}`, forms(GSM8K)[name] ?? ''));
      assert.deepEqual(
        gsm8k,
        [3, 4, 5].map((n) => ({
          question: `Tom has ${n} boxes and buys 1,000 more. How many?`,
          steps: [`<<${n}+1000=${n + 1000}>>`],
          answer: `100${n}`,
        })),
      );
      assert.deepEqual(trainingExamples('prosqa', file(`prosqa-${name}`, forms(PROSQA)[name] ?? '')), PROSQA);
    });
  }

  test('are counted by the plan as they are read', () => {
    for (const [name, text] of Object.entries(forms(GSM8K))) {
      const path = file(`counted-${name}`, text);
      const sweep = file(
        'counted.yaml',
        `name: c\nmodel: { family: gpt2, layers: 1, width: 16, heads: 2, context: 1024 }\ntask: { name: gsm8k, trainFile: ${path}, valid: 1, test: 1 }\ntrain: { stepsPerStage: 1 }\nsystem: no_cot\n`,
      );
      assert.equal(readSweepFile(sweep).spec.files[path]?.examples, 4);
    }
  });

  test('that are wrong are named by line', () => {
    const refused = (task: 'gsm8k' | 'prosqa', text: string, message: RegExp): void =>
      assert.throws(() => trainingExamples(task, file('wrong.json', text)), { code: 'DATA_INVALID', message });
    refused(
      'gsm8k',
      JSON.stringify([...GSM8K, { question: 'q', steps: 'one', answer: '3' }], null, 1),
      /line 30: neither/,
    );
    refused('gsm8k', lines([...GSM8K, { question: 'q', steps: [], answer: 'many' }]), /line 5: the answer "many"/);
    refused('prosqa', `${lines(PROSQA)}{"question": 1}\n`, /line 3: not a JSON list.*problem 2, key question/);
    refused('prosqa', `${lines(PROSQA)}{"question"\n`, /line 3: not JSON/);
    refused('prosqa', 'some words\n', /line 1: not a JSON list/);
  });
});

describe('a byte order mark', () => {
  test('is no part of a corpus, a benchmark or a config', async () => {
    const documents = async (path: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const text of documentsOf(path, { field: 'text', separator: '|' })) found.push(text);
      return found;
    };
    assert.deepEqual(await documents(file('mark.txt', `${BOM}one|two`)), ['one', 'two']);
    assert.deepEqual(await documents(file('mark.jsonl', `${BOM} {"text":"one"}`)), ['one']);
    assert.deepEqual(await documents(file('mark.txt.gz', gzipSync(`${BOM}one`))), ['one']);
    writeFolder(folder, GPT2, parametersOf(GPT2));
    const config = readDataFile(join(folder, 'config.json')).text;
    file('config.json', `${BOM}${config}`);
    assert.deepEqual(loadHuggingFaceFolder(folder).config, GPT2);
  });
});

test('the companions that macOS leaves beside files are not read', () => {
  const corpus = mkdtempSync(join(folder, 'corpus-'));
  writeFileSync(join(corpus, 'one.txt'), 'text');
  const sweep = file(
    'hidden.yaml',
    `name: c\nmodel: { family: gpt2, layers: 1, width: 16, heads: 2, context: 64 }\ntask: { name: corpus, files: [${corpus}] }\nevaluate: { split: valid }\nsystem: continued_pretraining\n`,
  );
  const hash = (): string | undefined => readSweepFile(sweep).spec.files[corpus]?.sha256;
  const before = hash();
  writeFileSync(join(corpus, '._one.txt'), Uint8Array.of(0, 5, 22, 7, 0xff));
  assert.equal(hash(), before);
  const task = createTask(taskSchema.parse({ name: 'corpus', files: [corpus] }));
  assert.ok(task.kind === 'corpus');
  writeFileSync(join(corpus, '._one.txt'), 'other');
  assert.equal(task.dataHash, createTask(taskSchema.parse({ name: 'corpus', files: [corpus] })).dataHash);
});

describe('a document without an end', () => {
  const tooLong = (piece: number) => new LatentSweepError('DATA_INVALID', `piece ${piece}`);
  async function* repeated(text: string, times: number): AsyncGenerator<string> {
    for (let time = 0; time < times; time++) yield await Promise.resolve(text);
  }

  // looked at again with every chunk this would be 3 x 10^11 characters
  test('is read once, however many chunks it comes in', { timeout: 120_000 }, async () => {
    const pieces: string[] = [];
    for await (const piece of splitText(repeated('abc<', 400_000), '<|endoftext|>', tooLong)) pieces.push(piece);
    assert.deepEqual(pieces, ['abc<'.repeat(400_000)]);
  });

  test('beyond the longest piece is refused with what to do, in text, in JSON lines and at once in a training file', async () => {
    const chunk = 'x'.repeat(1 << 20);
    await assert.rejects(
      async () => {
        for await (const piece of splitText(repeated(chunk, 100), '|', tooLong)) assert.ok(piece);
      },
      { code: 'DATA_INVALID', message: /piece 0/ },
    );
    const sparse = (name: string, bytes: number): string => {
      const path = file(name, '');
      truncateSync(path, bytes);
      return path;
    };
    const read = async (path: string): Promise<void> => {
      for await (const text of documentsOf(path, { field: 'text', separator: null })) assert.ok(text);
    };
    await assert.rejects(read(sparse('long.txt', MOST_PIECE_BYTES + 1)), {
      code: 'DATA_INVALID',
      message: /long\.txt, document 1 is longer than 100000000 bytes: give a task\.separator .*\(now null/,
    });
    await assert.rejects(read(sparse('long.jsonl', MOST_PIECE_BYTES + 1)), {
      code: 'DATA_INVALID',
      message: /long\.jsonl, line 1 is longer than 100000000 bytes: give one record a line/,
    });
    assert.throws(() => trainingExamples('gsm8k', sparse('long.json', 600_000_000)), {
      code: 'DATA_INVALID',
      message: /long\.json has more than 512000000 bytes; allowed: .* Cut it into smaller files/,
    });
    assert.throws(() => readDataFile(file('bomb.json.gz', gzipSync(Buffer.alloc(600_000_000)))), {
      code: 'DATA_INVALID',
      message: /bomb\.json\.gz has more than 512000000 bytes/,
    });
  });
});
