// lsweep report over a real Postgres that holds a sweep with known answers.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openReader, type Reader } from '../../services/store/index.ts';
import { type CliResult, jsonOf, runCli } from '../unit/cli-child.ts';
import { openDatabases } from './postgres.ts';
import { ITEMS, isRight, NAME, recordSweep } from './report-fixture.ts';
import { openStoreFixture, type StoreFixture } from './store-fixture.ts';

interface Told {
  readonly folder: string;
  readonly files: readonly string[];
  readonly warnings: readonly string[];
  readonly verdicts: readonly {
    readonly hypothesis: string;
    readonly comparison: string;
    readonly ruling: string;
    readonly effect: { readonly value: number; readonly low: number; readonly high: number };
  }[];
}

const cwd = mkdtempSync(join(tmpdir(), 'lsweep-report-'));
let databases: Awaited<ReturnType<typeof openDatabases>>;
let fixture: StoreFixture;
let reader: Reader;
let result: CliResult;
let told: Told;
let page = '';

before(async () => {
  databases = await openDatabases();
  fixture = await openStoreFixture(databases);
  reader = openReader(fixture.url);
  await recordSweep(fixture, { folder: cwd });
  result = await lsweep('--json', 'report', NAME, '--out', 'out');
  assert.equal(result.code, 0, result.stderr);
  told = jsonOf<Told>(result.stdout);
  page = readFileSync(join(cwd, 'out', 'index.html'), 'utf8');
});
after(async () => {
  await reader.close();
  await fixture.close();
  await databases.close();
  rmSync(cwd, { recursive: true });
});

const lsweep = (...args: string[]): Promise<CliResult> =>
  runCli(args, { cwd, env: { LSWEEP_POSTGRES_URL: fixture.url } });

const csv = (name: string): readonly Readonly<Record<string, string>>[] => {
  const [head = '', ...lines] = readFileSync(join(cwd, 'out', name), 'utf8')
    .trimEnd()
    .split('\n');
  const columns = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [columns[i] ?? '', value])));
};

const answers = (system: string, latents: number, seed: number): readonly boolean[] =>
  Array.from({ length: ITEMS }, (_, item) => isRight(system, latents, seed, item));
const count = (values: readonly boolean[]): number => values.filter(Boolean).length;

test('cells are means over the seeds inside their intervals, and the published value of that budget stands beside them', () => {
  const cells = csv('cells.csv');
  assert.equal(cells.length, 10, '4 systems at 2 budgets, 2 without latents');
  for (const { system = '', latents, accuracy, accuracy_low: low, accuracy_high: high, seeds, chance } of cells) {
    const shares = [0, 1, 2].map((seed) => count(answers(system, Number(latents), seed)) / ITEMS);
    const mean = shares.reduce((sum, share) => sum + share, 0) / 3;
    assert.ok(Math.abs(Number(accuracy) - mean) < 1e-9, `${system} at ${latents}`);
    assert.ok(Number(low) < mean && mean < Number(high));
    assert.deepEqual([seeds, chance], ['0 1 2', '0.5']);
  }
  const h2 = cells.find(({ system, latents }) => system === 'h2' && latents === '4');
  assert.equal(h2?.['published_accuracy'], '0.99');
  assert.ok(Math.abs(Number(h2['difference_to_published']) - (Number(h2['accuracy']) - 0.99)) < 1e-9);
  const liu = cells.find(({ system }) => system === 'liu');
  assert.deepEqual([liu?.['published_latents'], liu?.['difference_to_published']], ['12', ''], 'another budget');
});

test('paired counts are those of the answers, for every seed and pooled', () => {
  const rows = csv('pairs.csv').filter(
    (row) =>
      row['system_a'] === 'liu' && row['system_b'] === 'h2' && row['latents_a'] === '8' && row['latents_b'] === '8',
  );
  assert.deepEqual(
    rows.map(({ seed }) => seed),
    ['0', '1', '2', 'all'],
  );
  let pooled = 0;
  for (const seed of [0, 1, 2]) {
    const [liu, h2] = [answers('liu', 8, seed), answers('h2', 8, seed)];
    const onlyB = count(liu.map((right, item) => !right && h2[item] === true));
    const onlyA = count(liu.map((right, item) => right && h2[item] === false));
    assert.deepEqual([rows[seed]?.['only_a'], rows[seed]?.['only_b']], [String(onlyA), String(onlyB)]);
    pooled += onlyB;
  }
  assert.equal(rows[3]?.['only_b'], String(pooled));
  assert.ok(Number(rows[3]['difference_high']) < 0);
  assert.ok(Number(rows[3]['holm_p']) >= Number(rows[3]['mcnemar_exact_p']));
});

test('systems without latents are paired with every budget, and budgets of one system with each other', () => {
  const pooled = csv('pairs.csv').filter(({ seed }) => seed === 'all');
  const kinds = pooled.map(({ differs }) => differs);
  // 6 pairs of latent systems at 2 budgets, each of 4 x 2 against cot and no_cot, and cot against no_cot
  assert.equal(kinds.filter((kind) => kind === 'system').length, 6 * 2 + 8 * 2 + 1);
  assert.equal(kinds.filter((kind) => kind === 'latents').length, 4);
});

test('verdicts follow from the intervals', () => {
  const of = (hypothesis: RegExp, comparison: RegExp) => {
    const verdict = told.verdicts.find((one) => hypothesis.test(one.hypothesis) && comparison.test(one.comparison));
    assert.ok(verdict !== undefined, String(hypothesis));
    assert.ok(verdict.effect.low <= verdict.effect.value && verdict.effect.value <= verdict.effect.high);
    return verdict.ruling;
  };
  assert.equal(of(/^H2/, /^h2 - liu/), 'supported');
  assert.equal(of(/^H1/, /^h1 - liu/), 'undecided');
  assert.equal(of(/cot over no_cot/, /^cot - no_cot/), 'supported');
  assert.equal(of(/More latents/, /^h2, slope/), 'supported');
  assert.equal(of(/^Soft embeddings/, /^soft_embeddings - h2/), 'contradicted');
  assert.match(told.warnings.join(' '), /Few items: as few as 120 questions/);
});

test('every SQL on the page runs as it stands, as the role that can only read', async () => {
  const statements = [...page.matchAll(/<pre>([\s\S]*?)<\/pre>/g)].map(([, text = '']) =>
    text.replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  );
  assert.ok(statements.length >= 9, String(statements.length));
  for (const statement of statements) {
    const { rows } = await reader.query(statement);
    assert.ok(rows.length > 0, statement);
  }
});

test('the page needs nothing but itself, and what people write is text in it', () => {
  assert.doesNotMatch(page, /(src|href)=|url\((?!#)|@import|<script/);
  assert.match(page, /Is &lt;b&gt;h2&lt;\/b&gt; better than liu &amp; the rest\?/);
});

test('a figure appears only when its data exist, as SVG and as numbers', () => {
  const figures = readdirSync(join(cwd, 'out', 'figures'));
  const names = ['accuracy-by-capacity', 'accuracy-by-latents', 'causal-accuracy', 'cross-capture', 'loss-curves'];
  assert.deepEqual(
    figures.sort(),
    names.flatMap((name) => [`${name}.csv`, `${name}.svg`]),
  );
  assert.deepEqual(
    [...told.files].sort(),
    [
      ...['cells.csv', 'gpu-hours.csv', 'index.html', 'pairs.csv', 'verdicts.csv'],
      ...figures.map((name) => join('figures', name)),
    ].sort(),
  );
  for (const name of names)
    assert.match(readFileSync(join(cwd, 'out', 'figures', `${name}.svg`), 'utf8'), /^<svg [^>]*><rect /);
  assert.equal(csv('figures/cross-capture.csv').length, 2 * 9, 'two budgets of h2, nine cells each');
});

test('device time counts shared phases once', () => {
  const rows = csv('gpu-hours.csv');
  const base = rows.find(({ kind }) => kind === 'base');
  assert.deepEqual([base?.['system'], base?.['phases'], base?.['gpu_hours'], base?.['mfu']], ['', '1', '0.01', '0.25']);
  const finetunes = rows.filter(({ kind }) => kind === 'finetune');
  assert.equal(finetunes.length, 6);
  assert.ok(Math.abs(finetunes.reduce((sum, row) => sum + Number(row['gpu_hours']), 0) - 0.3) < 1e-9);
});

test('a report of the same data is the same but for its moment', async () => {
  const again = await lsweep('report', NAME, '--out', 'again');
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout, /^Report: .*index\.html\n/);
  for (const name of ['cells.csv', 'pairs.csv', 'verdicts.csv']) {
    assert.equal(readFileSync(join(cwd, 'again', name), 'utf8'), readFileSync(join(cwd, 'out', name), 'utf8'));
  }
});

test('a sweep without a finished cell, and one that does not exist, are told so', async () => {
  await recordSweep(fixture, { folder: cwd, name: 'nothing-yet-renamed', finish: 0 });
  const shared = await lsweep('report', 'nothing-yet-renamed');
  assert.equal(shared.code, 0, 'trials that another sweep has finished count');
  await fixture.plan('nothing', { trials: [[{ name: 'nothing-base', steps: 2, stepMs: 1 }]] });
  const [nothing, unknown] = await Promise.all([lsweep('report', 'nothing'), lsweep('report', 'unknown')]);
  assert.deepEqual([nothing.code, unknown.code], [1, 1]);
  assert.match(nothing.stderr, /NOTHING_FINISHED: sweep nothing has no finished cell to report \(0 of 1; 0 failed\)/);
  assert.match(unknown.stderr, /NOT_FOUND: no sweep is named unknown/);
});
