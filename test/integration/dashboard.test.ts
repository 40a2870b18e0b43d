// The dashboard over a recorded sweep: who gets in, that a page's numbers are those of its SQL, and that nothing written by somebody becomes markup.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pino from 'pino';
import { type Dashboard, readOrMakeToken, serveDashboard } from '../../services/dashboard/index.ts';
import { findNamedQuery, namedStatement, readNamedQueries } from '../../services/named-queries/index.ts';
import { openReader, type Reader } from '../../services/store/index.ts';
import { openDatabases } from './postgres.ts';
import { NAME, recordSweep } from './report-fixture.ts';
import { openStoreFixture, type StoreFixture } from './store-fixture.ts';

let databases: Awaited<ReturnType<typeof openDatabases>>;
let fixture: StoreFixture;
let reader: Reader;
let dashboard: Dashboard;
let token: string;
let cookie: string;
const folder = mkdtempSync(join(tmpdir(), 'lsweep-dashboard-'));
const HOSTILE = '<script>alert(1)</script>';

before(async () => {
  databases = await openDatabases();
  fixture = await openStoreFixture(databases);
  await recordSweep(fixture, { folder });
  await recordSweep(fixture, { folder, name: 'half-done', finish: 7, seeds: '[7, 8]' });
  await fixture.rows(
    `update evaluation_items set prediction = '${HOSTILE}' where ctid in (select ctid from evaluation_items limit 1)`,
  );
  reader = openReader(fixture.url, { statementsOf: 'people' });
  token = readOrMakeToken(folder);
  dashboard = await serveDashboard({
    ...{ address: { host: '127.0.0.1', port: 0 }, token, reader },
    ...{ queries: await readNamedQueries(), log: pino({ level: 'silent' }) },
  });
  const entered = await get(`/?token=${token}`, { cookie: '' });
  assert.equal(entered.status, 303);
  assert.equal(entered.headers['location'], '/');
  cookie = String(entered.headers['set-cookie']).split(';')[0] ?? '';
});
after(async () => {
  await dashboard?.close();
  await reader.close();
  await fixture.close();
  await databases.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

function get(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port: dashboard.port, path, method, headers: { cookie: cookie ?? '', ...headers } },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    call.on('error', reject).end();
  });
}

async function page(path: string): Promise<string> {
  const { status, body } = await get(path);
  assert.equal(status, 200, `${path}: ${body}`);
  return body;
}

/** What a browser shows. */
const textOf = (html: string): string => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

test('nobody gets in without the token, by another name, or from a page of another site', async () => {
  const host = `127.0.0.1:${dashboard.port}`;
  for (const path of ['/', '/style.css', '/sweeps/x', '/queries/sweeps.csv', '/nowhere']) {
    assert.equal((await get(path, { cookie: '' })).status, 401, path);
    assert.equal((await get(path, { cookie: `lsweep=${'0'.repeat(64)}` })).status, 401, path);
    assert.equal((await get(path, { host: 'evil.example:80' })).status, 421, path);
    assert.equal(
      (await get(path, { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' })).status,
      403,
      path,
    );
  }
  assert.equal((await get(`/?token=${'0'.repeat(64)}`, { cookie: '' })).status, 401);
  assert.equal((await get(`/?token=${token}`, { cookie: '', host: 'evil.example' })).status, 421);
  const entered = await get(`/sweeps/${NAME}?x=seed&token=${token}`, { cookie: '' });
  assert.equal(entered.headers['location'], `/sweeps/${NAME}?x=seed`);
  assert.match(String(entered.headers['set-cookie']), /HttpOnly; SameSite=Lax/);
  assert.equal((await get('/', { host: `localhost:${dashboard.port}` })).status, 200);
});

test('it only reads: no other method is answered, and a page may run no script but its own file', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
    assert.equal((await get('/', {}, method)).status, 404, method);
  const { headers } = await get('/');
  assert.equal(
    headers['content-security-policy'],
    "default-src 'none';script-src 'self';connect-src 'self';style-src 'self';img-src 'self';form-action 'self';frame-ancestors 'none';base-uri 'none'",
  );
  const body = await page(`/sweeps/${NAME}`);
  assert.deepEqual(body.match(/<script[^>]*>[^<]*/g), ['<script src="/live.js" defer>']);
  assert.doesNotMatch(body, /\son[a-z]+=|style="|http-equiv/);
  assert.deepEqual([headers['cache-control'], headers['x-content-type-options']], ['no-store', 'nosniff']);
});

test('whether numbers could be read is told without reading them', async () => {
  assert.deepEqual([(await get('/alive')).status, (await get('/alive', { cookie: '' })).status], [204, 401]);
});

test('every view is there, with its SQL, its CSV and how many rows it shows', async () => {
  const [unfinished] = await fixture.rows<{ cell: number }>(
    `select max(cell) as cell from study.cells where sweep = 'half-done' and state = 'planned'`,
  );
  const open = unfinished?.cell ?? 0;
  assert.ok(open > 0);
  for (const path of [
    '/',
    `/sweeps/${NAME}`,
    '/sweeps/half-done',
    `/sweeps/${NAME}?x=seed&y=system&kind=finetune&metric=loss_nats&a=h2&b=liu`,
    `/sweeps/${NAME}/cells/0`,
    `/sweeps/half-done/cells/${open}`,
    `/sweeps/${NAME}/compare?a=0&b=7`,
    '/fleet',
  ]) {
    const body = await page(path);
    const sections = body.split('<section>').slice(1);
    assert.ok(sections.length > 0, path);
    for (const section of sections) {
      assert.match(section, /<pre tabindex="0">\S/, `${path} tells the SQL`);
      assert.match(section, /href="\/queries\/[a-z-]+\.csv/, `${path} gives CSV`);
      assert.match(section, /class="empty"|Showing \d+ of \d+ rows?/, `${path} says how many`);
    }
  }
  const list = await page('/queries');
  for (const { name } of await readNamedQueries()) assert.ok(list.includes(`href="/queries/${name}"`), name);
});

test('the numbers of a page are those of its query', async () => {
  const body = textOf(await page(`/queries/accuracy-by-system?sweep=${NAME}`));
  const query = findNamedQuery(await readNamedQueries(), 'accuracy-by-system');
  const { rows, columns } = await reader.query(namedStatement(query, new Map([['sweep', NAME]])));
  assert.ok(rows.length > 5);
  assert.match(body, new RegExp(`Showing ${rows.length} of ${rows.length} rows`));
  const at = columns.indexOf('accuracy');
  for (const row of rows) {
    const accuracy = Number(row[at]);
    assert.ok(body.includes(String(Number(accuracy.toPrecision(4)))), `${accuracy} is on the page`);
  }
  const csv = (await get(`/queries/accuracy-by-system.csv?sweep=${NAME}`)).body.trim().split('\n');
  assert.equal(csv[0], columns.join(','));
  assert.equal(csv.length, rows.length + 1);
  assert.equal(csv[1]?.split(',')[at], String(rows[0]?.[at]));
});

test('the grid shows each accuracy once, with its number of cells', async () => {
  const body = await page(`/sweeps/${NAME}?x=seed&y=system`);
  const query = findNamedQuery(await readNamedQueries(), 'accuracy-grid');
  const { rows, columns } = await reader.query(
    namedStatement(
      query,
      new Map([
        ['sweep', NAME],
        ['x', 'seed'],
        ['y', 'system'],
      ]),
    ),
  );
  const grid = /<table class="grid">.*?<\/table>/s.exec(body)?.[0] ?? '';
  const shown = [...grid.matchAll(/<td class="number shade\d">([\d.]+) %<br><small>(?:± [\d.]+, )?n (\d+)/g)];
  const expected = rows.filter((row) => row[columns.indexOf('accuracy')] !== null);
  assert.equal(shown.length, expected.length);
  assert.deepEqual(
    shown.map(([, accuracy]) => accuracy).sort(),
    expected.map((row) => (100 * Number(row[columns.indexOf('accuracy')])).toFixed(1)).sort(),
  );
});

test('a cell tells its story and its answers beside the right ones, and no text of somebody becomes markup', async () => {
  const hostile = await fixture.rows<{ sweep: string; cell: number }>(
    `select sweep, cell from study.items where prediction like '<script>%' limit 1`,
  );
  const [place] = hostile;
  assert.ok(place !== undefined);
  const body = await page(`/sweeps/${place.sweep}/cells/${place.cell}`);
  assert.ok(body.includes('&lt;script&gt;alert(1)&lt;/script&gt;'));
  assert.ok(!body.includes(HOSTILE));
  assert.match(textOf(body), /planned: .* then/);
  for (const path of [
    `/sweeps/${encodeURIComponent(HOSTILE)}`,
    `/queries/curve?sweep=${encodeURIComponent(HOSTILE)}&cell=0`,
  ]) {
    const answer = await get(path);
    assert.ok(!answer.body.includes(HOSTILE), path);
  }
});

test('what is not there, and what is no value, is told with its status', async () => {
  for (const [path, status, words] of [
    ['/sweeps/nobody', 404, /there is no sweep &quot;nobody&quot;/],
    [`/sweeps/${NAME}/cells/99999`, 404, /has no cell 99999/],
    [`/sweeps/${NAME}/cells/x`, 404, /INPUT_INVALID/],
    ['/queries/bst-cells', 404, /did you mean best-cells/],
    ['/queries/best-cells?sweep=x&limit=drop', 404, /limit/],
    ['/nowhere', 404, /no such page/],
  ] as const) {
    const answer = await get(path);
    assert.equal(answer.status, status, path);
    assert.match(answer.body, words, path);
  }
  const injected = await page(`/queries/best-cells?sweep=${encodeURIComponent("x' or true; drop table sweeps; --")}`);
  assert.match(injected, /No rows/);
});
