// Every named query runs against a recorded sweep under the login that people have, and those whose answer is known by construction say it.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  findNamedQuery,
  type NamedQuery,
  namedStatement,
  readNamedQueries,
} from '../../services/named-queries/index.ts';
import { openReader, type Reader } from '../../services/store/index.ts';
import { SYSTEM_NAMES } from '../../services/study/settings/index.ts';
import { openDatabases } from './postgres.ts';
import { ITEMS, isRight, NAME, recordSweep } from './report-fixture.ts';
import { openStoreFixture, type StoreFixture } from './store-fixture.ts';

let databases: Awaited<ReturnType<typeof openDatabases>>;
let fixture: StoreFixture;
let reader: Reader;
let queries: readonly NamedQuery[];
const folder = mkdtempSync(join(tmpdir(), 'lsweep-named-queries-'));

before(async () => {
  databases = await openDatabases();
  fixture = await openStoreFixture(databases);
  await recordSweep(fixture, { folder });
  await recordSweep(fixture, { folder, name: 'half-done', finish: 7, seeds: '[7, 8]' });
  reader = openReader(fixture.url, { statementsOf: 'people' });
  queries = await readNamedQueries();
});
after(async () => {
  await reader.close();
  await fixture.close();
  await databases.close();
  rmSync(folder, { recursive: true });
});

type Row = Readonly<Record<string, unknown>>;

/** With the sweep, where the query is about one. */
function statementOf(name: string, given: Readonly<Record<string, string>>): string {
  const query = findNamedQuery(queries, name);
  const values = { sweep: NAME, ...given };
  const named = Object.entries(values).filter(
    ([key]) => key !== 'sweep' || query.parameters.some((one) => one.name === key),
  );
  return namedStatement(query, new Map(named));
}
async function answer(name: string, given: Readonly<Record<string, string>> = {}): Promise<readonly Row[]> {
  const sql = statementOf(name, given);
  const { columns, rows } = await reader.query(sql);
  return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
}
const accuracyOf = (system: string, latents: number, seed: number): number =>
  Array.from({ length: ITEMS }, (_, item) => isRight(system, latents, seed, item)).filter(Boolean).length / ITEMS;
const close = (actual: unknown, expected: number): void =>
  assert.ok(Math.abs(Number(actual) - expected) < 1e-9, `${String(actual)} is not ${expected}`);

/** Values that a query needs beyond the sweep. */
const NEEDED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  curve: { cell: '0' },
  'curve-by-gpu-seconds': { cell: '0' },
  'difference-of-cells': { a: '0', b: '1' },
  'first-step-below': { value: '2' },
  'paired-difference': { a: 'h2', b: 'liu' },
  'paired-questions': { a: '0', b: '1' },
  predictions: { cell: '0' },
  checkpoints: { cell: '0' },
  'phases-of-cell': { cell: '0' },
  'settings-of-cell': { cell: '0' },
  story: { cell: '0' },
  'value-at-step': { step: '3' },
};

test('there are thirty at least; each runs on a finished and an open sweep and and answers nothing about a sweep that is not there', async () => {
  assert.ok(queries.length >= 30, String(queries.length));
  for (const { name, question, parameters } of queries) {
    assert.match(question, /\?$/, name);
    const isOfStack = parameters.every((parameter) => parameter.name !== 'sweep');
    for (const sweep of [NAME, 'half-done', 'no-such-sweep']) {
      const rows = await answer(name, { ...NEEDED[name], sweep });
      if (sweep === 'no-such-sweep' && !isOfStack) assert.deepEqual(rows, [], name);
    }
  }
});

test('every relation that a query reads is a view of schema study', async () => {
  for (const { name } of queries) {
    const sql = statementOf(name, NEEDED[name] ?? {});
    await fixture.rows(`create view named_query as ${sql}`, []);
    const read = await fixture.rows<{ relation: string }>(
      `select distinct n.nspname || '.' || c.relname as relation
       from pg_depend d
       join pg_rewrite w on w.oid = d.objid and w.ev_class = 'named_query'::regclass
       join pg_class c on c.oid = d.refobjid and d.refclassid = 'pg_class'::regclass and c.oid <> w.ev_class
       join pg_namespace n on n.oid = c.relnamespace`,
      [],
    );
    await fixture.rows('drop view named_query', []);
    assert.ok(read.length > 0, name);
    for (const { relation } of read) assert.match(relation, /^study\./, name);
  }
});

test('best cells have no null on top, and as many rows as were asked for', async () => {
  const rows = await answer('best-cells', { limit: '4' });
  assert.equal(rows.length, 4);
  close(rows[0]?.['accuracy'], Math.max(...[1, 2, 3, 0].map((seed) => accuracyOf('cot', 0, seed))));
  const open = await answer('best-cells', { sweep: 'half-done', limit: '100' });
  assert.ok(open.every((row) => row['accuracy'] !== null));
});

test('systems beside each other have a column for each system there is', async () => {
  const [row] = await answer('systems-as-columns');
  for (const system of SYSTEM_NAMES) assert.ok(row !== undefined && system in row, system);
});

test('an interval holds its mean, and is wider than that of the questions alone where seeds scatter', async () => {
  for (const row of await answer('accuracy-by-system')) {
    const [low, mean, high] = [row['accuracy_low'], row['accuracy'], row['accuracy_high']].map(Number);
    assert.ok((low ?? 1) < (mean ?? 0) && (mean ?? 1) < (high ?? 0) && (low ?? -1) >= 0 && (high ?? 2) <= 1);
    assert.equal(row['questions'], ITEMS);
  }
});

test('the direction of a difference is the one that was asked for', async () => {
  const [there] = await answer('paired-difference', { a: 'h2', b: 'liu' });
  const [back] = await answer('paired-difference', { a: 'liu', b: 'h2' });
  assert.ok(Number(there?.['difference']) > 0);
  close(back?.['difference'], -Number(there?.['difference']));
  assert.equal(there?.['questions'], ITEMS);
  const [row] = await reader
    .query(`select system_a, a_minus_b, accuracy_a - accuracy_b from study.pairs
      where sweep = '${NAME}' and differs = 'system' and 'h2' in (system_a, system_b) and 'liu' in (system_a, system_b) limit 1`)
    .then(({ rows }) => rows);
  close(row?.[1], Number(row?.[2]));
  assert.equal(Number(row?.[1]) > 0, row?.[0] === 'h2');
});

test('a system without latents has none in its point either', async () => {
  const { rows } = await reader.query(
    `select distinct latents, point ->> 'latents' from study.cells where sweep = '${NAME}' and system in ('cot', 'no_cot')`,
  );
  assert.deepEqual(rows, [[0, '0']]);
});

test('a shared phase is paid once: shares add up to what the sweep cost, whole costs do not', async () => {
  const { rows } = await reader.query(`
    select (select sum(gpu_hours + superseded_gpu_hours) * 3600 from study.gpu_hours where sweep = '${NAME}'),
      (select sum(gpu_seconds_share) from study.cell_costs where sweep = '${NAME}'),
      (select sum(gpu_seconds) from study.cell_costs where sweep = '${NAME}')`);
  const [spent, shares, whole] = (rows[0] ?? []).map(Number);
  assert.ok(Math.abs((spent ?? 0) - (shares ?? 1)) < 1e-6);
  assert.ok((whole ?? 0) > (spent ?? 0) * 1.05);
});

test('an axis that the sweep lacks is said to be none', async () => {
  const rows = await answer('accuracy-grid', { x: 'train.momentum', y: 'system' });
  assert.ok(rows.length > 0 && rows.every((row) => row['x'] === '(not an axis)'));
  const grid = await answer('accuracy-grid', { x: 'latents', y: 'seed', system: 'h2' });
  assert.deepEqual(
    grid.map((row) => [row['x'], row['n']]),
    ['4', '4', '4', '8', '8', '8'].map((x) => [x, 1]),
  );
});

test('two cells differ in what the file varies between them, and questions in what one of them got right', async () => {
  const { rows } = await reader.query(
    `select cell from study.cells where sweep = '${NAME}' and system = 'h2' and seed = (select min(seed) from study.cells where sweep = '${NAME}') order by latents`,
  );
  const [a, b] = rows.map((row) => String(row[0]));
  assert.deepEqual(
    (await answer('difference-of-cells', { a: a ?? '', b: b ?? '' })).map(({ path, a: left, b: right }) => [
      path,
      left,
      right,
    ]),
    [['latents', 4, 8]],
  );
  const differing = await answer('paired-questions', { a: a ?? '', b: b ?? '' });
  assert.ok(differing.length > 0 && differing.every((row) => row['a_correct'] !== row['b_correct']));
});

test('time left is what finished phases took times what is open, and nothing for what is finished', async () => {
  assert.deepEqual(await answer('time-left'), []);
  const left = await answer('time-left', { sweep: 'half-done' });
  assert.ok(left.length > 0);
  for (const row of left)
    if (row['mean_gpu_seconds'] !== null)
      close(row['gpu_hours_left'], (Number(row['phases_worth']) * Number(row['mean_gpu_seconds'])) / 3600);
});
