// The real command line against real Temporal, Postgres and scripted nodes: following through outages, Ctrl-C, commands, exit codes.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readSweepFile } from '../../services/sweep-file/index.ts';
import { type CliProcess, jsonOf, startCli } from '../unit/cli-child.ts';
import type { PostgresServer } from './postgres.ts';
import { sharedBaseSpec } from './scripted-sweep.ts';
import { openOutageBench, type StoreBench } from './store-bench.ts';
import { until } from './until.ts';

const QUICKSTART = fileURLToPath(new URL('../../infra/sweeps/quickstart.yaml', import.meta.url));

let server: PostgresServer;
let fixture: StoreBench['fixture'];
let bench: StoreBench['bench'];
let close: StoreBench['close'];
const cwd = mkdtempSync(join(tmpdir(), 'lsweep-cli-follow-'));

before(async () => {
  ({ server, fixture, bench, close } = await openOutageBench());
  await bench.orchestrator();
  await bench.worker('node-one', 4);
});
after(async () => {
  await close();
  rmSync(cwd, { recursive: true });
});

const start = (...args: string[]): CliProcess =>
  startCli(args, {
    cwd,
    env: {
      LSWEEP_POSTGRES_URL: fixture.url,
      LSWEEP_TEMPORAL_ADDRESS: bench.temporal.address,
      LSWEEP_TEMPORAL_NAMESPACE: bench.temporal.namespace,
    },
  });
const lsweep = (...args: string[]) => start(...args).ended;
/** Waits until the follower has said it, or has ended without. */
const says = (cli: CliProcess, text: string): Promise<unknown> =>
  Promise.race([
    until(`the follower says "${text}"`, () => cli.stdout().includes(text)),
    cli.ended.then(({ code, stdout, stderr }) => {
      assert.ok(stdout.includes(text), `the follower ended with ${code} without "${text}": ${stdout}${stderr}`);
    }),
  ]);

test('a follower survives a restart of Postgres, says so, and ends with the sweep', async () => {
  await bench.start('outage', sharedBaseSpec(8, { steps: 120, stepMs: 50 }, 'o'));
  const cli = start('follow', 'outage');
  await says(cli, 'step ');
  await server.stop();
  await says(cli, 'asking again, the sweep is not lost');
  await server.start();
  await says(cli, 'everything answers again');
  const { code, stdout, stderr } = await cli.ended;
  assert.equal(code, 0, stderr);
  assert.match(stdout, /finished: outage: 8 finished, 0 failed, 0 running, 0 planned of 8 cells/);
  assert.match(stdout, /^system +latents +seed +state/m);
});

interface FollowedJson {
  readonly ended: string;
  readonly counts: { readonly finished: number };
  readonly results: readonly unknown[];
}

test('Ctrl-C ends the follower with 130 and a way back, and the sweep goes on to its end', async () => {
  await bench.start('interrupted', sharedBaseSpec(4, { steps: 160, stepMs: 50 }, 'i'));
  const cli = start('follow', 'interrupted');
  await says(cli, 'interrupted: ');
  cli.kill('SIGINT');
  const { code, stdout } = await cli.ended;
  assert.equal(code, 130);
  assert.match(stdout, /interrupted goes on without this window\. Follow it again: lsweep follow interrupted/);
  assert.deepEqual(await bench.result('interrupted'), { state: 'finished', finished: 4, failed: 0 });
  const again = await lsweep('follow', 'interrupted', '--json');
  assert.equal(again.code, 0, again.stderr);
  const { ended, counts, results } = jsonOf<FollowedJson>(again.stdout);
  assert.deepEqual([ended, counts.finished, results.length], ['finished', 4, 4]);
});

test('failed trials end a follower with 4; retry runs them again', async () => {
  const nan = { steps: 5, stepMs: 5, failAt: { step: 3, code: 'NAN_LOSS', failure: 'nan_loss', failures: 1 } };
  await bench.start('failing', { trials: [[{ name: 'f-nan', ...nan }], [{ name: 'f-good', steps: 2, stepMs: 5 }]] });
  const first = await lsweep('follow', 'failing');
  assert.equal(first.code, 4, first.stderr);
  assert.match(first.stdout, /1 finished, 1 failed.*\nWhy: lsweep show failing\. Again: lsweep retry failing --failed/);
  const retry = await lsweep('retry', 'failing', '--failed', '--json');
  assert.deepEqual(JSON.parse(retry.stdout), { sweep: 'failing', trials: 1 });
  assert.equal((await lsweep('follow', 'failing')).code, 0);
  const none = await lsweep('retry', 'failing');
  assert.match(none.stdout, /failing has no failed trials/);
});

test('pause, set, resume and cancel do what they say, and bad values are refused with 2', async () => {
  await bench.start('commanded', sharedBaseSpec(4, { steps: 4_000, stepMs: 50 }, 'k'));
  const paused = await lsweep('pause', 'commanded');
  assert.equal(paused.code, 0, paused.stderr);
  await until('it is paused', async () => (await fixture.store.sweepByName('commanded'))?.state === 'paused');
  const set = await lsweep('set', 'commanded', '--width', '2', '--priority', '1', '--json');
  assert.deepEqual(JSON.parse(set.stdout), { sweep: 'commanded', priority: 1, weight: 1, width: 2 });
  const [nothing, bad, word, unknown] = await Promise.all([
    lsweep('set', 'commanded'),
    lsweep('set', 'commanded', '--priority', '9'),
    lsweep('set', 'commanded', '--width', 'wide'),
    lsweep('pause', 'comanded'),
  ]);
  assert.deepEqual([nothing.code, bad.code, word.code, unknown.code], [2, 2, 2, 1]);
  assert.match(bad.stderr, /priority is 9; allowed are whole numbers from 1 \(first\) to 5 \(last\)/);
  assert.match(unknown.stderr, /NOT_FOUND: no sweep is named comanded/);
  assert.equal((await lsweep('resume', 'commanded')).code, 0);
  const follower = start('follow', 'commanded');
  await says(follower, 'commanded: ');
  assert.equal((await lsweep('cancel', 'commanded')).code, 0);
  const { code, stdout } = await follower.ended;
  assert.equal(code, 1);
  assert.match(stdout, /^cancelled: commanded: 0 finished, 0 failed, 0 running, 4 cancelled, 0 planned of 4 cells$/m);
  const closed = await lsweep('pause', 'commanded');
  assert.equal(closed.code, 1);
  assert.match(closed.stderr, /CONFLICT: sweep commanded is closed/);
});

test('a name that another sweep file has is refused and both ways out are named', async () => {
  const text = readFileSync(QUICKSTART, 'utf8').replace(/latents: \[.*\]/, 'latents: [4]');
  const other = join(mkdtempSync(join(tmpdir(), 'lsweep-other-')), 'quickstart.yaml');
  writeFileSync(other, text);
  await fixture.store.createSweep(readSweepFile(other));
  const { code, stderr } = await lsweep('run', QUICKSTART);
  assert.equal(code, 1, stderr);
  assert.match(
    stderr,
    /CONFLICT: this file has more cells than sweep quickstart; give it to the sweep with lsweep extend, or use another name/,
  );
});
