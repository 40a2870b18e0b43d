// Text corpora: every format gives the same documents, splits never share a text, tokens are made once and any row is a pure function of
// (seed, step); what is wrong with a file is told with its line.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteFile } from 'hyparquet-writer';
import { taskSchema } from '../../services/study/settings/task-settings.ts';
import { siteRoom } from '../../services/study/systems/site-room.ts';
import { CorpusText, drawSites, openTokenStore, sequencesIn } from '../../services/trainer/curriculum/index.ts';
import { draws } from '../../services/trainer/random/draws.ts';
import { heldOutSplit } from '../../services/trainer/tasks/corpus.ts';
import { type Corpus, createTask, type Document } from '../../services/trainer/tasks/index.ts';
import { splitText } from '../../services/trainer/text/index.ts';
import { createTokenizer } from '../../services/trainer/tokenizers/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'corpus-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

function corpus(files: unknown, settings: object = {}): Corpus {
  const task = createTask(taskSchema.parse({ name: 'corpus', files, ...settings }));
  assert.ok(task.kind === 'corpus');
  return task;
}

async function all(task: Corpus): Promise<readonly Document[]> {
  const documents: Document[] = [];
  for await (const document of task.documents()) documents.push(document);
  return documents;
}

const texts = Array.from(
  { length: 40 },
  (_, index) => `Document ${index}: caf\u00e9 \u4f60\u597d \u{1f600}\u2028 and so on.`,
);
const jsonLines = (values: readonly string[], key = 'text'): string =>
  `${values.map((text) => JSON.stringify({ id: 7, [key]: text })).join('\n')}\n`;

const bytes = createTokenizer('bytes', corpus(['builtin:gsm8k']));
async function* arriving(chunks: readonly string[]): AsyncGenerator<string> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

const store = (task: Corpus, cacheDir = join(folder, 'cache')) =>
  openTokenStore(task, bytes, { cacheDir, onProgress: () => undefined });
const asText = (tokens: readonly number[]): string => bytes.decode(tokens);

describe('the documents of a corpus', () => {
  test('are the same in text, JSON lines, gzip and Parquet', async () => {
    const parquet = join(folder, 'a.parquet');
    parquetWriteFile({
      filename: parquet,
      columnData: [
        { name: 'id', data: texts.map((_, index) => index), type: 'INT32' },
        { name: 'text', data: texts, type: 'STRING' },
      ],
      rowGroupSize: 7,
    });
    const joined = texts.join('\n<|endoftext|>\n');
    const files = [
      file('a.txt', joined),
      file('a.txt.gz', gzipSync(joined)),
      file('a.jsonl', jsonLines(texts)),
      file('a.jsonl.gz', gzipSync(jsonLines(texts))),
      parquet,
    ];
    for (const one of files) {
      assert.deepEqual(
        (await all(corpus([one]))).map(({ text }) => text),
        texts,
        one,
      );
    }
    assert.equal((await all(corpus(files))).length, 5 * texts.length);
  });

  test('come by another key, another separator, or one a file; blank ones are left out', async () => {
    assert.deepEqual(
      (await all(corpus([file('key.jsonl', jsonLines(['one', 'two'], 'body'))], { field: 'body' }))).map((d) => d.text),
      ['one', 'two'],
    );
    const path = file('paragraphs.txt', 'one\n\n\n\ntwo\nstill two\n\n');
    assert.deepEqual(
      (await all(corpus([path], { separator: '\n\n' }))).map((d) => d.text),
      ['one', 'two\nstill two'],
    );
    assert.equal((await all(corpus([path], { separator: null }))).length, 1);
  });

  test('are cut in the same places however the file is read', () => {
    const separators = fc.constantFrom('|', '||', '<|x|>', '\n');
    const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '|', '<', 'x', '>', '\n'), maxLength: 12 }));
    return fc.assert(
      fc.asyncProperty(pieces, separators, async (chunks, separator) => {
        const found: string[] = [];
        for await (const piece of splitText(arriving(chunks), separator, () => assert.fail())) found.push(piece);
        assert.deepEqual(found, chunks.join('').split(separator));
      }),
      { numRuns: 200 },
    );
  });

  test('are built in: the worked examples of GSM8K and ProsQA', async () => {
    const gsm8k = await all(corpus(['builtin:gsm8k'], { heldOut: 0.05 }));
    assert.equal(gsm8k.length, 7_473);
    assert.match(gsm8k[0]?.text ?? '', /^Natalia sold clips.*\n<<48\/2=24>>\n<<48\+24=72>>\n### 72$/s);
    const held = gsm8k.filter(({ split }) => split !== 'train').length / gsm8k.length;
    assert.ok(held > 0.08 && held < 0.12, `${held}`);
    assert.equal((await all(corpus(['builtin:prosqa']))).length, 800);
    assert.throws(() => corpus(['builtin:fineweb']), {
      code: 'CONFIG_INVALID',
      message: /builtin:gsm8k, builtin:prosqa/,
    });
  });

  test('of one text are in one split, whichever file they come from', async () => {
    const [one, two] = [file('copy-1.jsonl', jsonLines(texts)), file('copy-2.jsonl', jsonLines(texts.toReversed()))];
    const splits = new Map<string, Set<string>>();
    for (const { split, text } of await all(corpus([one, two], { heldOut: 0.2 })))
      splits.set(text, (splits.get(text) ?? new Set()).add(split));
    assert.ok([...splits.values()].every((found) => found.size === 1));
    assert.equal(new Set([...splits.values()].flatMap((found) => [...found])).size, 3);
  });

  test('of named splits stay where they are named', async () => {
    const [train, valid, test] = ['train', 'valid', 'test'].map((name) =>
      file(`${name}.jsonl`, jsonLines([`${name} text`])),
    );
    const found = await all(corpus({ train: [train], valid: [valid], test: [test] }));
    assert.deepEqual(found, [
      { split: 'train', text: 'train text' },
      { split: 'valid', text: 'valid text' },
      { split: 'test', text: 'test text' },
    ]);
  });

  test('about the asked share of them is held out', () => {
    const counts = { train: 0, valid: 0, test: 0 };
    for (let index = 0; index < 20_000; index++) counts[heldOutSplit(`text ${index}`, 0.1)]++;
    for (const split of ['valid', 'test'] as const)
      assert.ok(Math.abs(counts[split] - 2_000) < 200, `${counts[split]}`);
  });
});

describe('a corpus file that is wrong', () => {
  const refused = (path: string, code: string, message: RegExp, settings: object = {}) =>
    assert.rejects(all(corpus([path], settings)), { code, message });

  test('a malformed JSON line is named with file and line', () =>
    refused(
      file('bad.jsonl', '{"text": "a"}\n\n{"text": "b"\n{"text": "c"}\n'),
      'DATA_INVALID',
      /bad\.jsonl, line 3: not JSON/,
    ));
  test('a line that is no object', () =>
    refused(file('list.jsonl', '{"text": "a"}\n[1]\n'), 'DATA_INVALID', /list\.jsonl, line 2: not a JSON object/));
  test('a line without the key says which keys it has', () =>
    refused(file('keys.jsonl', jsonLines(['a'], 'body')), 'DATA_INVALID', /line 1: no key text; keys: id, body/));
  test('a text that is none', () =>
    refused(file('number.jsonl', '{"text": 3}\n'), 'DATA_INVALID', /number\.jsonl, line 1: text is no text/));
  test('a Parquet file without the column says which it has', async () => {
    const filename = join(folder, 'columns.parquet');
    parquetWriteFile({ filename, columnData: [{ name: 'content', data: ['a'], type: 'STRING' }] });
    await refused(filename, 'DATA_INVALID', /no column text; columns: content/);
  });
  test('a file that is not Parquet', () =>
    refused(file('no.parquet', 'this is not Parquet at all'), 'DATA_INVALID', /no\.parquet cannot be read as Parquet/));
  test('bytes that are no UTF-8', () =>
    refused(file('latin.txt', Uint8Array.of(0x61, 0xe9, 0x61)), 'DATA_INVALID', /latin\.txt is not UTF-8/));
  test('a gzip file that was cut', () =>
    refused(file('cut.txt.gz', gzipSync('x'.repeat(10_000)).subarray(0, 30)), 'DATA_INVALID', /not a whole gzip/));
  test('a file that does not exist', () => {
    assert.throws(() => corpus([join(folder, 'nowhere.txt')]), { code: 'DATA_MISSING', message: /nowhere\.txt/ });
  });
  test('words cannot take a vocabulary from it, but can from built-in text', () => {
    const words = createTokenizer('words', corpus(['builtin:prosqa']));
    const sentence = 'Every wumpus is a rempus.';
    assert.equal(words.decode(words.encode(sentence)), sentence);
    assert.throws(() => createTokenizer('words', corpus([file('some.txt', 'text')])), {
      code: 'CONFIG_INVALID',
      message: /some\.txt/,
    });
  });
});

describe('the tokens of a corpus', () => {
  const path = file('tokens.jsonl', jsonLines(texts));

  test('are the documents in order with the end of text after each, made once', async () => {
    const cache = join(folder, 'once');
    const task = corpus([path], { heldOut: 0.2 });
    const documents = await all(task);
    const first = await store(task, cache);
    for (const split of ['train', 'valid', 'test'] as const) {
      const expected = documents
        .filter((document) => document.split === split)
        .flatMap(({ text }) => [...bytes.encode(text), bytes.eosTokenId]);
      assert.deepEqual(first.read(split, 0, first.counts[split]), expected);
    }
    assert.throws(() => first.read('test', 1, first.counts.test), RangeError);
    const made = readdirSync(join(cache, 'corpora'));
    assert.deepEqual((await store(task, cache)).counts, first.counts);
    assert.deepEqual(readdirSync(join(cache, 'corpora')), made);
  });

  test('are made anew when the file changes, and by two processes at once without harm', async () => {
    const cache = join(folder, 'anew');
    const changing = file('changing.jsonl', jsonLines(texts));
    const [one, other] = await Promise.all([store(corpus([changing]), cache), store(corpus([changing]), cache)]);
    assert.deepEqual(one.counts, other.counts);
    file('changing.jsonl', jsonLines([...texts, 'one more']));
    utimesSync(changing, 1, 1);
    const later = await store(corpus([changing]), cache);
    const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);
    assert.equal(sum(later.counts) - sum(one.counts), 'one more'.length + 1);
    assert.equal(readdirSync(join(cache, 'corpora')).length, 2);
  });

  test('of a broken file leave nothing behind', async () => {
    const cache = join(folder, 'nothing');
    const broken = corpus([file('broken.jsonl', `${jsonLines(texts)}{"text"`)]);
    await assert.rejects(store(broken, cache), { code: 'DATA_INVALID', message: /broken\.jsonl, line 41/ });
    assert.deepEqual(readdirSync(join(cache, 'corpora')), []);
  });

  test('end after the asked number of training tokens', async () => {
    const { counts } = await store(corpus([path], { tokens: 100, heldOut: 0.2 }));
    assert.equal(counts.train, 100);
  });

  test('too short a text is told with what is there and what is needed', async () => {
    const short = await store(corpus([path], { heldOut: 0.2 }));
    assert.throws(() => sequencesIn(short, 'test', 64, 100), {
      code: 'DATA_INVALID',
      message: /the test text has \d+ tokens, \d+ of 100 sequences of 64.*task\.heldOut/,
    });
    assert.throws(() => new CorpusText(short, 1).rowsOf(1, 2, 1e6), { code: 'DATA_INVALID', message: /train text/ });
  });
});

describe('the rows of a step', () => {
  test('are a pure function of seed and step: every sequence once an epoch, every epoch another order', async () => {
    const tokens = await store(corpus(['builtin:prosqa']));
    const [rows, length] = [16, 512];
    const sequences = sequencesIn(tokens, 'train', length, rows);
    const perEpoch = Math.floor(sequences / rows);
    const text = new CorpusText(tokens, 3);
    const seen = new Set<string>();
    for (let step = 1; step <= perEpoch; step++)
      for (const row of text.rowsOf(step, rows, length)) seen.add(row.join(' '));
    assert.equal(seen.size, perEpoch * rows);
    const asked = new CorpusText(tokens, 3).rowsOf(perEpoch + 2, rows, length);
    assert.deepEqual(text.rowsOf(perEpoch + 2, rows, length), asked);
    assert.notDeepEqual(text.rowsOf(2, rows, length), asked);
    assert.notDeepEqual(new CorpusText(tokens, 4).rowsOf(1, rows, length), text.rowsOf(1, rows, length));
    assert.match(asText(text.rowsOf(1, rows, length).flat()), /is a/);
  });
});

describe('the sites of a sequence', () => {
  test('are distinct, ascending, and leave room for latents, query and targets', () => {
    fc.assert(
      fc.property(
        fc.record({
          sequence: fc.integer({ min: 4, max: 96 }),
          ahead: fc.integer({ min: 1, max: 8 }),
          latents: fc.integer({ min: 0, max: 16 }),
          context: fc.integer({ min: 96, max: 128 }),
          sites: fc.integer({ min: 1, max: 20 }),
          key: fc.nat(),
        }),
        ({ sites: count, key, ...shape }) => {
          const room = siteRoom({ ...shape, plain: false });
          fc.pre(room >= count && shape.sequence > shape.ahead);
          const sites = drawSites(draws('test', key), shape.sequence - shape.ahead, room, count);
          assert.equal(new Set(sites).size, count);
          assert.deepEqual(
            sites,
            sites.toSorted((a, b) => a - b),
          );
          for (const site of sites) {
            assert.ok(site >= 0 && site + shape.ahead <= shape.sequence - 1);
            // the last position read: query after the latents, then all ahead tokens but the last
            assert.ok(site + 1 + shape.latents + shape.ahead - 1 < shape.context);
          }
        },
      ),
    );
  });

  test('are uniform', () => {
    const hits = new Uint32Array(20);
    for (let key = 0; key < 5_000; key++) for (const site of drawSites(draws('test', key), 20, 20, 4)) hits[site]!++;
    for (const count of hits) assert.ok(Math.abs(count - 1_000) < 150, `${count}`);
  });

  test('are the same ones for every latent budget where the context has room for all', () => {
    const of = (latents: number) =>
      drawSites(draws('test', 1), 60, siteRoom({ sequence: 64, ahead: 4, latents, plain: false, context: 96 }), 8);
    assert.deepEqual(of(16), of(0));
  });
});
