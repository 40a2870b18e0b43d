// ls, show, sql and the chart of the real command line over a real Postgres that holds the quickstart's grid with known numbers.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { planSweepFile } from '../../services/study/plan/plan-sweep-file.ts';
import { readSweepFile } from '../../services/sweep-file/index.ts';
import { type CliResult, jsonOf, runCli, startCli } from '../unit/cli-child.ts';
import { openDatabases } from './postgres.ts';
import { openStoreFixture, owner, placeOn, type StoreFixture } from './store-fixture.ts';

const FILE = fileURLToPath(new URL('../../infra/sweeps/quickstart.yaml', import.meta.url));
const ITEMS = 100;
const CHANCE = 0.5;

let databases: Awaited<ReturnType<typeof openDatabases>>;
let fixture: StoreFixture;
const cwd = mkdtempSync(join(tmpdir(), 'lsweep-cli-results-'));

type Row = Readonly<Record<string, unknown>>;
interface Shown {
  readonly sql: string;
  readonly results: readonly (Row & {
    readonly cell: number;
    readonly steps: number;
    readonly first_loss: number;
    readonly final_loss: number;
  })[];
  readonly chart: { readonly path: string; readonly sql: string };
  readonly trial_key: string;
  readonly phases: readonly { readonly kind: string; readonly state: string }[];
}

const lossOf = (cell: number, step: number): number => 4 / step + cell;
const correctOf = (cell: number): number => 40 + cell;

before(async () => {
  databases = await openDatabases();
  fixture = await openStoreFixture(databases);
  await record();
});
after(async () => {
  await fixture.close();
  await databases.close();
  rmSync(cwd, { recursive: true });
});

const lsweep = (...args: string[]): Promise<CliResult> =>
  runCli(args, { cwd, env: { LSWEEP_POSTGRES_URL: fixture.url } });

/** Every phase of the grid but the last cell's evaluation, which fails. */
async function record(): Promise<void> {
  const { store } = fixture;
  const file = readSweepFile(FILE);
  const plan = planSweepFile(file.spec);
  const { sweep } = await store.createSweep(file);
  const cells = Array.from({ length: plan.size }, (_, i) => plan.cell(i));
  await store.planCells(sweep.sweepId, cells);
  await store.setSweepState(sweep.sweepId, 'running');
  const opened = await store.openTrials(sweep.sweepId, 0, plan.size);
  for (const { trial, totalStepsByPhase } of cells) {
    const trialId = opened[trial.cell]?.trialId ?? 0;
    for (const [i, phase] of trial.phases.entries()) {
      const { kind } = phase.config;
      const claim = await store.claimPhase(phase.key, owner('test'));
      if (claim.kind !== 'run') continue;
      const { phaseId, attempt } = await store.openAttempt(phase.key, claim.fence, placeOn('node-a'), 'on node-a');
      if (trial.cell === plan.size - 1 && kind === 'evaluate') {
        const failure = { failure: 'worker_crash', message: 'the trainer ended with SIGKILL' } as const;
        await store.failAttempt(phaseId, attempt, { code: 'TRAINER_CRASHED', details: {}, ...failure });
        await store.failPhase(phase.key, failure);
        await store.closeTrial(trialId, 'failed', failure);
        continue;
      }
      const steps = Array.from({ length: totalStepsByPhase[i] ?? 0 }, (_, step) => step + 1);
      const values = steps.map((step) => lossOf(trial.cell, step));
      const [outcome] = await store.commitSegments([
        {
          ...{ phaseId, attempt, seq: 1n, fromStep: 0, toStep: steps.length },
          metrics: kind === 'evaluate' ? [] : [{ name: 'loss_nats', steps, values }],
          ...{ items: [], checkpoint: null, deviceSeconds: 1, tokens: 100, mfu: null },
        },
      ]);
      assert.equal(outcome, 'committed');
      const correct = correctOf(trial.cell);
      const evaluation = { split: 'test', items: ITEMS, correct, accuracy: correct / ITEMS, chance: CHANCE };
      await store.completePhase(phaseId, attempt, 2n, JSON.stringify(kind === 'evaluate' ? { evaluation } : {}));
    }
    if (trial.cell < plan.size - 1) await store.closeTrial(trialId, 'finished');
  }
  await store.setSweepState(sweep.sweepId, 'finished');
}

const mean = (cell: number, steps: readonly number[]): number =>
  steps.reduce((sum, step) => sum + lossOf(cell, step), 0) / steps.length;

test('show gives every cell with the numbers that were recorded, and the SQL that gives the same rows', async () => {
  const [text, json] = await Promise.all([lsweep('show', 'quickstart'), lsweep('show', 'quickstart', '--json')]);
  assert.deepEqual([text.code, json.code], [0, 0], text.stderr + json.stderr);
  const shown = jsonOf<Shown>(json.stdout);
  assert.equal(shown.results.length, 8);
  for (const row of shown.results) {
    const { cell, steps: last } = row;
    assert.ok(Math.abs(row.first_loss - mean(cell, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])) < 1e-9);
    assert.ok(
      Math.abs(
        row.final_loss -
          mean(
            cell,
            Array.from({ length: 10 }, (_, i) => last - i),
          ),
      ) < 1e-9,
    );
    assert.equal(row['accuracy'], cell === 7 ? null : correctOf(cell) / ITEMS);
    assert.equal(row['state'], cell === 7 ? 'failed' : 'finished');
  }
  assert.match(text.stdout, /quickstart: 7 finished, 1 failed, 0 running, 0 planned of 8 cells/);
  assert.match(text.stdout, /\nphases: base 1\/1, finetune 8\/8, evaluate 7\/8 \(1 failed\)\n/);
  assert.match(text.stdout, /exact match on 100 items of prosqa's test split; guessing would get 50\.0 % \(chance\)/);
  assert.match(text.stdout, /worker_crash +TRAINER_CRASHED .* the trainer ended with SIGKILL/);
  const again = await lsweep('sql', '--json', shown.sql);
  assert.deepEqual(JSON.parse(again.stdout), shown.results);
});

test('a chart is a whole SVG of the curves that its SQL gives', async () => {
  const { code, stdout, stderr } = await lsweep('--json', 'show', 'quickstart', '--chart');
  assert.equal(code, 0, stderr);
  const { chart } = jsonOf<Shown>(stdout);
  assert.equal(chart.path, join(cwd, '.lsweep', 'results', 'quickstart', 'loss-curves.svg'));
  const svg = readFileSync(chart.path, 'utf8');
  assert.match(svg, /^<svg [\s\S]*<\/svg>\n$/);
  assert.equal(svg.match(/aria-roledescription="line mark"/g)?.length, 8);
  const rows = jsonOf<readonly Row[]>((await lsweep('sql', '--json', chart.sql)).stdout);
  assert.deepEqual(new Set(rows.map((row) => row['system'])), new Set(['soft_embeddings', 'liu', 'h1', 'h2']));
});

test('one trial is shown by its cell and by the beginning of its key', async () => {
  const byCell = await lsweep('show', 'quickstart', '7', '--json');
  const trial = jsonOf<Shown>(byCell.stdout);
  assert.deepEqual(
    trial.phases.map(({ kind, state }) => [kind, state]),
    [
      ['base', 'finished'],
      ['finetune', 'finished'],
      ['evaluate', 'failed'],
    ],
  );
  const byKey = await lsweep('show', 'quickstart', trial.trial_key.slice(0, 12));
  assert.match(byKey.stdout, /^cell +7, trial [0-9a-f]{32}$/m);
  assert.match(byKey.stdout, /failed \(worker_crash\): the trainer ended with SIGKILL/);
  const unknown = await lsweep('show', 'quickstart', '99');
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /NOT_FOUND: sweep quickstart has no cell 99/);
});

test('ls lists the sweep', async () => {
  const { stdout } = await lsweep('ls');
  assert.match(stdout, /^quickstart +finished +8 +8 +7 +1 +0 /m);
});

test('sql prints a table, CSV and JSON', async () => {
  const query = "select cell, system, accuracy from study.cells where sweep = 'quickstart' and cell < 2 order by cell";
  const [table, csv, json] = await Promise.all([
    lsweep('sql', query),
    lsweep('sql', '--csv', query),
    lsweep('sql', '--json', query),
  ]);
  assert.match(table.stdout, /^cell {2}system +accuracy\n─+\n {3}0 {2}\S+ +0\.4\n {3}1 {2}\S+ +0\.41\n\(2 rows\)\n$/);
  const [first, second] = jsonOf<readonly Row[]>(json.stdout);
  assert.deepEqual(first, { cell: 0, system: first?.['system'], accuracy: 0.4 });
  assert.equal(csv.stdout, `cell,system,accuracy\n0,${first?.['system']},0.4\n1,${second?.['system']},0.41\n`);
});

test('sql ends with 1 and the words of Postgres, and can change nothing', async () => {
  const [wrong, write, drop] = await Promise.all([
    lsweep('sql', 'select acuracy from study.cells'),
    lsweep('sql', "delete from sweeps where name = 'quickstart'"),
    lsweep('sql', 'drop view study.cells'),
  ]);
  assert.deepEqual([wrong.code, write.code, drop.code], [1, 1, 1]);
  assert.match(wrong.stderr, /column "acuracy" does not exist/);
  assert.match(write.stderr, /permission denied|read-only/);
  assert.match(drop.stderr, /must be owner|read-only|permission denied/);
  assert.equal((await fixture.rows('select 1 from sweeps')).length, 1);
});

test('reading writes nothing beside the results folder', () => {
  assert.ok(!existsSync(join(cwd, '.lsweep', 'stack.json')));
});

test('sql gives answers of any length as CSV and JSON, the beginning of one as a table, and errors without a stack', async () => {
  const query = "select i, '=' || i as formula from generate_series(1, 120000) i";
  const csv = (await lsweep('sql', '--csv', query)).stdout.split('\n');
  assert.deepEqual([csv.length, csv[0], csv[1], csv.at(-2)], [120_002, 'i,formula', "1,'=1", "120000,'=120000"]);
  const json = jsonOf<readonly { readonly i: number; readonly formula: string }[]>(
    (await lsweep('--json', 'sql', query)).stdout,
  );
  assert.deepEqual([json.length, json.at(-1)], [120_000, { i: 120_000, formula: '=120000' }]);
  const table = (await lsweep('sql', query)).stdout.split('\n');
  assert.equal(table.at(-2), '(the first 1000 rows; there are more; --csv or --json for everything)');
  const failing = await lsweep('sql', '--csv', 'select 1 / (5000 - i) from generate_series(1, 9000) i');
  assert.equal(failing.code, 1);
  assert.match(failing.stderr, /^SQL_FAILED: division by zero\n/);
  assert.doesNotMatch(failing.stderr, /\n\s+at /);
});

test('sql answers questions by name, and statements with parameters from the command line, a file and standard input', async () => {
  const list = await lsweep('sql', '--list');
  assert.equal(list.code, 0, list.stderr);
  assert.match(list.stdout, /^ {2}best-cells --sweep … \[--limit …\]\n {4}Which cells came out best\?$/m);
  assert.ok(list.stdout.split('\n').every((line) => line.length <= 80));
  const one = await lsweep('sql', 'best-cells', '--list');
  assert.match(one.stdout, /--limit <integer>: Rows at most\. Default: 10\.[\s\S]*Units: accuracy[\s\S]*Mind: /);

  const best = await lsweep('--json', 'sql', 'best-cells', '--sweep', 'quickstart', '--limit', '2');
  assert.equal(best.code, 0, best.stderr);
  const rows = jsonOf<readonly { readonly accuracy: number }[]>(best.stdout);
  assert.equal(rows.length, 2);
  assert.ok((rows[0]?.accuracy ?? 0) >= (rows[1]?.accuracy ?? 1));
  const text = await lsweep('sql', '--sweep=quickstart', 'best-cells', '--sql');
  assert.match(text.stdout, /sweep = 'quickstart'::text/);
  assert.equal((await lsweep('sql', text.stdout)).code, 0);

  const statement = 'select cell, system from study.cells where sweep = :sweep and cell < :most order by cell;\n';
  const file = join(cwd, 'mine.sql');
  writeFileSync(file, `\uFEFF${statement}`);
  const expected = 'cell,system\n0,';
  const given = ['--sweep', 'quickstart', '--most', '1', '--csv'];
  const answers = await Promise.all([
    lsweep('sql', statement, ...given),
    lsweep('sql', '--file', file, ...given),
    startCli(['sql', '-', ...given], { cwd, env: { LSWEEP_POSTGRES_URL: fixture.url }, stdin: statement }).ended,
  ]);
  for (const { code, stdout, stderr } of answers) {
    assert.equal(code, 0, stderr);
    assert.ok(stdout.startsWith(expected) && stdout.trimEnd().split('\n').length === 2, stdout);
  }

  const refusals: readonly (readonly [args: readonly string[], text: RegExp])[] = [
    [['best-cell', '--sweep', 'x'], /did you mean best-cells\?/],
    [['best-cells'], /needs --sweep \(text\)/],
    [['best-cells', '--sweep', 'x', '--cell', '1'], /no parameter --cell/],
    [['select', '1'], /one word too many; a statement stands in quotes/],
    [['select :a'], /has :a and no value for it; give one with --a VALUE/],
    [['select 1', '--csv', '--parquet', 'x'], /exclude each other/],
  ];
  const outcomes = await Promise.all(refusals.map(([args]) => lsweep('sql', ...args)));
  for (const [i, [args, message]] of refusals.entries()) {
    assert.equal(outcomes[i]?.code, 2, args.join(' '));
    assert.match(outcomes[i]?.stderr ?? '', message);
  }
});

test('sql writes Parquet with the types that Postgres has, and keeps to a limit', async () => {
  const file = join(cwd, 'types.parquet');
  const statement = `select n::integer, n::bigint + 9007199254740992 as big, n / 4.0 as x, 'NaN'::double precision as bad,
    case when n > 1 then 'text' end as t, n = 1 as yes, timestamptz '2026-01-02 03:04:05.678Z' as at, array[n] as list, n::integer as n
    from generate_series(1, 50000) n order by n`;
  const { code, stdout, stderr } = await lsweep('sql', statement, '--parquet', file, '--limit', '45000');
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `${file}: 45000 rows\n`);
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file) });
  assert.equal(rows.length, 45_000);
  assert.deepEqual(rows[0], {
    ...{ n: 1, big: 9_007_199_254_740_993n, x: 0.25, bad: Number.NaN, t: null, yes: true },
    ...{ at: new Date('2026-01-02T03:04:05.678Z'), list: '[1]', n_2: 1 },
  });
  assert.equal(rows.at(-1)?.['n'], 45_000);
  const failed = join(cwd, 'failed.parquet');
  assert.equal(
    (await lsweep('sql', 'select 1 / (n - 30000) from generate_series(1, 50000) n', '--parquet', failed)).code,
    1,
  );
  assert.ok(!existsSync(failed) && !readdirSync(cwd).some((name) => name.includes('partial')));
  const table = await lsweep('sql', 'select n from generate_series(1, 5) n', '--limit', '2');
  assert.match(table.stdout, /\(the first 2 rows; there are more; --csv or --json for everything\)/);
});

test('views lists every view with what a row of it is, views NAME its columns with their types and meaning', async () => {
  const views = jsonOf<readonly Row[]>((await lsweep('--json', 'views')).stdout);
  const known = await fixture.rows<{ view: string }>(
    "select viewname as view from pg_views where schemaname = 'study' order by 1",
  );
  assert.deepEqual(
    views.map(({ view }) => view),
    known.map(({ view }) => view),
  );
  for (const { view, comment } of views) assert.match(String(comment), /\S/, String(view));

  const { columns, comment } = jsonOf<{ comment: string; columns: readonly Row[] }>(
    (await lsweep('--json', 'views', 'study.cells')).stdout,
  );
  assert.match(comment, /One row per cell/);
  assert.deepEqual(columns[1], {
    column: 'cell',
    type: 'integer',
    comment: 'Number of the cell in the sweep, from 0.',
  });
  const text = await lsweep('views', 'cells');
  assert.match(text.stdout, /^study\.cells\nOne row per cell[^]*\ncell {2}integer\n {4}Number of the cell/);
  for (const line of text.stdout.split('\n')) assert.ok(line.length <= 80, line);

  const unknown = await lsweep('views', 'cell');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /there is no view "cell" in schema study; nearest: cells/);
});

test('export writes whole tables with a description of each column, again over itself, and not beside files of others', async () => {
  const folder = join(cwd, 'exported');
  for (let again = 0; again < 2; again++) {
    const { files } = jsonOf<{ files: readonly { file: string; rows: number }[] }>(
      (await lsweep('--json', 'export', 'quickstart', '--out', folder)).stdout,
    );
    for (const { file, rows } of files) {
      const view = file.replace('.parquet', '');
      const read = await parquetReadObjects({ file: await asyncBufferFromFile(join(folder, file)) });
      const [counted] = await fixture.rows<{ n: number }>(
        `select count(*)::integer as n from study.${view} where sweep = 'quickstart'`,
      );
      assert.deepEqual([read.length, rows], [counted?.n, counted?.n], view);
    }
    assert.deepEqual(
      files.map(({ file }) => file),
      ['cells.parquet', 'phases.parquet', 'items.parquet', 'curves.parquet'],
    );
  }
  const cells: readonly Row[] = await parquetReadObjects({
    file: await asyncBufferFromFile(join(folder, 'cells.parquet')),
  });
  const expected = await fixture.rows<Row>(
    "select cell, system, accuracy from study.cells where sweep = 'quickstart' order by cell",
  );
  assert.deepEqual(
    cells.map((row) => ({ cell: row['cell'], system: row['system'], accuracy: row['accuracy'] })),
    expected,
  );
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  for (const column of Object.keys(cells[0] ?? {}))
    assert.match(readme, new RegExp(`\\| \`${column}\` \\| \\S.* \\| \\S`));
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.partial')),
    [],
  );

  writeFileSync(join(folder, 'mine.txt'), 'x');
  const refused = await lsweep('export', 'quickstart', '--out', folder);
  assert.match(refused.stderr, /CONFLICT: .* holds "mine\.txt", which no export writes/);
  assert.equal((await lsweep('export', 'quickstart', '--out', folder, '--force')).code, 0);
  assert.match((await lsweep('export', 'nobody', '--out', folder)).stderr, /there is no sweep "nobody"/);
});
