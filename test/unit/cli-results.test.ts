// Results, charts and query answers as text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvChunks } from '../../services/answers/index.ts';
import { type ResultRow, resultsQuery } from '../../services/cli/queries/results.ts';
import { sweepsQuery } from '../../services/cli/queries/sweeps.ts';
import { BATCH_ROWS, jsonOf, tableOf } from '../../services/cli/render/query-result.ts';
import { explainTrial } from '../../services/cli/results/explain-trial.ts';
import { resultsLegend, resultsTable } from '../../services/cli/results/results-table.ts';
import { phasesText } from '../../services/cli/results/show-sweep.ts';
import { drawChart } from '../../services/report/figures/draw-chart.ts';
import { curveChartSpec } from '../../services/report/figures/loss-curves.ts';
import { csvOf as reportCsv } from '../../services/report/numbers.ts';
import type { LossCurveRow } from '../../services/report/queries/loss-curves.ts';
import { type QueryResult, type StudyReader, sql } from '../../services/store/index.ts';

const RESULT: ResultRow = {
  cell: 0,
  trial_key: '00',
  state: 'finished',
  task: 'prosqa',
  system: 'h2',
  channel: 'embedding',
  latents: 2,
  seed: 0,
  accuracy: 0.515,
  chance: 0.5,
  items: 100,
  split: 'test',
  first_loss: 4.25,
  final_loss: 1.5,
  steps: 40,
};

test('phases are counted by kind; what runs or has failed is said where there is any', () => {
  const none = { planned: 0, running: 0, finished: 0, failed: 0, skipped: 0 };
  const text = phasesText([
    { ...none, kind: 'base', phases: 1, finished: 1 },
    { ...none, kind: 'finetune', phases: 40, planned: 23, running: 4, finished: 12, failed: 1 },
    { ...none, kind: 'evaluate', phases: 40, planned: 31, finished: 8, skipped: 1 },
  ]);
  assert.equal(text, 'phases: base 1/1, finetune 12/40 (4 running, 1 failed), evaluate 8/40 (1 not run)');
});

test('a result table has state, accuracy, chance, items and both losses, and no column that says nothing', () => {
  const planned = {
    ...RESULT,
    cell: 1,
    latents: 6,
    state: 'planned',
    accuracy: null,
    chance: null,
    items: null,
    first_loss: null,
    final_loss: null,
  };
  assert.deepEqual(resultsTable([RESULT, planned]).split('\n'), [
    'system  latents  seed  state     accuracy  chance  items  first loss  final loss',
    '────────────────────────────────────────────────────────────────────────────────',
    'h2            2     0  finished    51.5 %  50.0 %    100       4.250       1.500',
    'h2            6     0  planned          -       -      -           -           -',
  ]);
  const channels = resultsTable([RESULT, { ...RESULT, channel: 'embedding/8' }]);
  assert.match(channels, /^system {2}channel/);
  assert.match(resultsTable([RESULT, { ...RESULT, task: 'gsm8k' }]), /^task/);
});

test('the legend states items, split, chance and how far an accuracy scatters', () => {
  const legend = resultsLegend([RESULT, { ...RESULT, accuracy: 0.9 }]).join('\n');
  assert.match(legend, /exact match on 100 items of prosqa's test split; guessing would get 50.0 % \(chance\)/);
  assert.match(legend, /known to about ± 9.6 points/);
  assert.match(legend, /first and of the last 10 steps/);
  assert.deepEqual(resultsLegend([{ ...RESULT, accuracy: null, first_loss: null }]), []);
});

test('printed SQL is what is run, with every value as a literal of its own', () => {
  assert.match(resultsQuery.sql('quickstart'), /where c\.sweep = 'quickstart'\n/);
  assert.match(sweepsQuery.sql(null), /where null::text is null or sweep = null::text\n/);
  assert.equal(sql`select ${"o'; drop table x; --"}`, "select 'o''; drop table x; --'");
  // what a search for places in a finished text gets wrong: casts of several words, ten values, values that look like places
  assert.equal(
    sql`select ${0.5}::double precision, ${1}::numeric(3,1), ${'$1::text'}, ${'$10'}, ${5}, ${6}, ${7}, ${8}, ${9}, ${'ten'}::text[]`,
    "select 0.5::double precision, 1::numeric(3,1), '$1::text', '$10', 5, 6, 7, 8, 9, 'ten'::text[]",
  );
  assert.equal(sql` select 1 -${-1} `, 'select 1 -(-1)');
  assert.equal(sql`select ${Number.NaN}`, "select 'NaN'::double precision");
  assert.equal(sql`select ${'a\\b'}`, "select  E'a\\\\b'");
  assert.throws(() => sql`select ${'a\0b'}`, /null character/);
});

const curve = (system: string, latents: number, channel: string | null = null, task = 'prosqa'): LossCurveRow[] =>
  Array.from({ length: 20 }, (_, i) => ({
    task,
    system,
    channel,
    latents,
    step: i + 1,
    loss_nats: 4 / (i + 1),
    seeds: 1,
    steps_per_point: 1,
  }));

interface ChartSpec {
  readonly facet: { readonly sort: readonly string[] };
  readonly spec: {
    readonly layer: readonly [
      { readonly encoding: { readonly color: { readonly scale: { readonly domain: readonly string[] } } } },
    ];
  };
  readonly data: { readonly values: readonly unknown[] };
}
const plain = (spec: unknown): ChartSpec => JSON.parse(JSON.stringify(spec)) as ChartSpec;

test('a chart has one panel per latent budget, one colour per system, and every point that was read', async () => {
  const rows = [...curve('h2', 6), ...curve('liu', 2), ...curve('h2', 2)];
  const spec = plain(curveChartSpec({ sweep: 'quickstart', rows }));
  assert.deepEqual(spec.facet.sort, ['2 latents', '6 latents']);
  assert.deepEqual(spec.spec.layer[0].encoding.color.scale.domain, ['liu', 'h2']);
  assert.equal(spec.data.values.length, 60);
  const svg = await drawChart(curveChartSpec({ sweep: 'quickstart', rows }));
  assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  for (const text of [
    'Training loss by system, sweep quickstart',
    '2 latents',
    '6 latents',
    'h2',
    'liu',
    'loss (nats per target token)',
  ]) {
    assert.ok(svg.includes(`>${text}<`), `${text} is in the chart`);
  }
  assert.equal(svg.match(/aria-roledescription="line mark"/g)?.length, 3);
});

test('a chart tells channels and tasks apart where there are several, and leaves out diverged values', () => {
  const rows = [
    ...curve('h1', 2, 'kv/all'),
    ...curve('h1', 2, 'kv/top:1'),
    ...curve('liu', 2, 'embedding', 'gsm8k'),
    ...curve('liu', 2, 'embedding').map((row) => ({ ...row, loss_nats: Number.NaN })),
  ];
  const spec = plain(curveChartSpec({ sweep: 's', rows }));
  assert.deepEqual(
    new Set(spec.spec.layer[0].encoding.color.scale.domain),
    new Set(['liu', 'h1 kv/all', 'h1 kv/top:1']),
  );
  assert.deepEqual(spec.facet.sort, ['gsm8k, 2 latents', 'prosqa, 2 latents']);
  assert.equal(spec.data.values.length, 60);
});

const ANSWER = {
  columns: ['name', 'value', 'value', 'at', 'point'],
  rows: [
    ['a, "b"\nc', 0.1, Number.NaN, new Date(0), { 'train.lr': 1e-4 }],
    [null, 12, true, null, [1, 2]],
  ],
};

async function* batches(...results: readonly QueryResult[]): AsyncGenerator<QueryResult, void, undefined> {
  yield* results;
}
async function textOf(texts: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const one of texts) text += one;
  return text;
}

test('a query as JSON is one array of row objects that keeps equal names apart, however many batches it comes in', async () => {
  const expected = [
    { name: 'a, "b"\nc', value: 0.1, value_2: 'NaN', at: '1970-01-01T00:00:00.000Z', point: { 'train.lr': 1e-4 } },
    { name: null, value: 12, value_2: true, at: null, point: [1, 2] },
  ];
  assert.equal(await textOf(jsonOf(batches(ANSWER))), `${JSON.stringify(expected, null, 2)}\n`);
  assert.deepEqual(JSON.parse(await textOf(jsonOf(batches(ANSWER, ANSWER)))), [...expected, ...expected]);
  assert.equal(await textOf(jsonOf(batches({ columns: ['x'], rows: [] }))), '[]\n');
  const nested = { columns: ['x'], rows: [[[Number.NaN, { y: -1 / 0 }]]] };
  assert.deepEqual(JSON.parse(await textOf(jsonOf(batches(nested)))), [{ x: ['NaN', { y: '-Infinity' }] }]);
});

test('a query as CSV quotes what it must and has one heading', async () => {
  const rows = '"a, ""b""\nc",0.1,NaN,1970-01-01T00:00:00.000Z,"{""train.lr"":0.0001}"\n,12,true,,"[1,2]"\n';
  assert.equal(await textOf(csvChunks(batches(ANSWER))), `name,value,value,at,point\n${rows}`);
  assert.equal(await textOf(csvChunks(batches(ANSWER, ANSWER))), `name,value,value,at,point\n${rows}${rows}`);
});

test('CSV has no cell that a spreadsheet runs; numbers stay numbers, and JSON is raw', async () => {
  const texts = [
    '=1+1',
    '+cmd',
    '-cmd',
    '@SUM(A1)',
    '\tx',
    '\rx',
    '＝1',
    'a=1',
    '-1.5e3',
    '+7',
    '-9223372036854775808',
    '-',
    '',
  ];
  const answer = { columns: ['=t', 'n'], rows: texts.map((text) => [text, -1.5]) };
  const cells = (await textOf(csvChunks(batches(answer)))).split('\n').map((line) => line.replace(/,[^,]*$/, ''));
  assert.deepEqual(cells.slice(0, -1), [
    ...["'=t", "'=1+1", "'+cmd", "'-cmd", "'@SUM(A1)", "'\tx", `"'\rx"`, "'＝1", 'a=1', '-1.5e3', '+7'],
    ...['-9223372036854775808', "'-", ''],
  ]);
  assert.match(await textOf(csvChunks(batches(answer))), /\n'=1\+1,-1\.5\n/);
  assert.match(await textOf(jsonOf(batches(answer))), /"=1\+1"/);
  assert.equal(reportCsv([{ rest: '=HYPERLINK("x")', accuracy: -0.5 }]), `rest,accuracy\n"'=HYPERLINK(""x"")",-0.5\n`);
});

test('a query as a table ends with the number of its rows, and with what it leaves out', async () => {
  const table = (await textOf(tableOf(batches(ANSWER)))).split('\n');
  assert.match(table[0] ?? '', /^name +value {2}value +at +point$/);
  assert.equal(table.at(-2), '(2 rows)');
  assert.equal(await textOf(tableOf(batches({ columns: ['n'], rows: [[1]] }))), 'n\n─\n1\n(1 row)\n');
  const long = Array.from({ length: BATCH_ROWS }, (_, i) => [i]);
  const cut = (await textOf(tableOf(batches({ columns: ['n'], rows: long })))).split('\n');
  assert.equal(cut.length, 1000 + 4);
  assert.equal(cut.at(-2), '(the first 1000 rows; there are more; --csv or --json for everything)');
  const wide = Array.from({ length: 1600 }, (_, i) => `column_${i}`);
  const lines = (await textOf(tableOf(batches({ columns: wide, rows: long.map(() => wide) })))).split('\n');
  assert.equal(lines.at(-2), '(the first 6 rows; there are more; --csv or --json for everything)');
  const text = await textOf(tableOf(batches({ columns: ['t'], rows: [['x'.repeat(1e6)]] })));
  assert.ok(text.length < 5_000);
  assert.match(text, /x…\n\(1 row; texts of more than 500 characters are cut; --csv or --json for everything\)\n$/);
});

type Place = readonly [sweep: string, state: string];

/** Places of a trial without a history. */
function readerOf(places: readonly Place[]): StudyReader {
  const columns = ['trial_key', 'sweep', 'cell', 'state'];
  return {
    query: (text) =>
      text.includes('from study.cells c')
        ? Promise.resolve({ columns, rows: places.map(([sweep, state]) => ['ab'.repeat(16), sweep, 3, state]) })
        : Promise.resolve({ columns: [], rows: [] }),
  };
}

test('why of a failed trial says how to try it again, in the sweep that was asked about', async () => {
  const why = async (name: string, ...places: Place[]): Promise<string> =>
    (await explainTrial(readerOf(places), name, '3')).text;
  assert.match(await why('b', ['a', 'failed'], ['b', 'failed']), /\n\nAgain, .*lsweep retry b --failed$/);
  assert.match(await why('ababab', ['a', 'failed'], ['b', 'failed']), /lsweep retry a --failed$/);
  assert.doesNotMatch(await why('a', ['a', 'finished']), /retry/);
  assert.doesNotMatch(await why('a', ['a', 'failed'], ['b', 'running']), /retry/, 'it runs again already');
});
