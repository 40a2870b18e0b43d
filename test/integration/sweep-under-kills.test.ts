// The promise of the project, on the real thing: a local stack with two nodes runs one sweep undisturbed, another stack runs the same
// sweep while its trainers, nodes and orchestrator are killed; both end with the same rows and the same weights.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { readStackRecord, type StackRecord } from '../../services/config/index.ts';
import { until } from './until.ts';

const lsweep = fileURLToPath(new URL('../../services/cli/lsweep.mjs', import.meta.url));
const run = promisify(execFile);

/** Two nodes with a slot each; short segments and leases, so that every kill falls between commits and is noticed soon. */
const CONFIG = `
worker: { count: 2, slots: 1, threads: 1 }
orchestrator: { segmentMs: 400, nodeTimeoutMs: 4000, ownershipLeaseMs: 3000 }
`;
/** Phases of some seconds each: long enough to be hit in the middle. */
const SWEEP = `
name: under-kills
model: { family: gpt2, layers: 2, width: 32, heads: 2, context: 96 }
tokenizer: bytes
task: { name: countdown, operands: 3, train: 512, valid: 8, test: 16 }
base: { steps: 150, batch: 8, sequence: 64, warmupSteps: 5 }
curriculum: { stages: 2, firstStage: 1 }
train: { stepsPerStage: 60, batch: 8, lr: 1.0e-3 }
evaluate: { split: test, items: 16, maxNewTokens: 24, batch: 8 }
systems: [soft_embeddings, liu, h1, h2]
latents: 2
seeds: 1
`;

const folders: string[] = [];
let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lsweep-kills-'));
  // Postgres refuses to run as root and runs as another user then
  await chmod(folder, 0o755);
});
after(async () => {
  for (const one of folders) await command(one, 'down');
  await rm(folder, { recursive: true, force: true });
});

async function command(dir: string, ...words: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [lsweep, '--dir', dir, ...words], { maxBuffer: 1 << 26 });
  return stdout;
}

async function query(dir: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: recordOf(dir).postgresUrl ?? '' });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function openStack(name: string): Promise<string> {
  const dir = join(folder, name);
  await mkdir(dir);
  await writeFile(join(dir, 'lsweep.yaml'), CONFIG);
  await writeFile(join(dir, 'sweep.yaml'), SWEEP);
  folders.push(dir);
  await command(dir, 'up');
  await command(dir, 'start', join(dir, 'sweep.yaml'));
  return dir;
}

function recordOf(dir: string): StackRecord {
  const record = readStackRecord(join(dir, '.lsweep'));
  assert.ok(record);
  return record;
}

function pidsOf(dir: string, name: string): readonly number[] {
  return recordOf(dir).services.flatMap((one) =>
    one.name.startsWith(name) && one.process !== null ? [one.process.pid] : [],
  );
}

/** Processes whose parent is `parent`. */
async function childrenOf(parent: number): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    }),
  );
  return pids.filter((_, i) => parents[i] === parent);
}

const SETTLED = `select count(*)::int as cells, count(*) filter (where state = 'finished')::int as finished
  from study.cells where sweep = 'under-kills'`;

async function finished(dir: string): Promise<void> {
  await until(
    'every cell is finished',
    async () => {
      const [row] = await query(dir, SETTLED);
      return row?.['cells'] === 4 && row['finished'] === 4;
    },
    240_000,
  );
}

/** Everything that must not depend on what was killed. */
async function results(dir: string): Promise<Readonly<Record<string, readonly Record<string, unknown>[]>>> {
  const curves = await query(
    dir,
    `select cell, kind, metric, step, value::text from study.curves where sweep = 'under-kills' order by 1, 2, 3, 4`,
  );
  const weights = await query(
    dir,
    `select cell, kind, phase_key, weights_sha256 from study.phases where sweep = 'under-kills' order by 1, 2`,
  );
  const items = await query(
    dir,
    `select p.phase_key, i.item, i.prediction, i.gold, i.correct, i.tokens
     from evaluation_items i join phases p using (phase_id) order by 1, 2`,
  );
  const accuracies = await query(
    dir,
    `select cell, accuracy, final_loss::text from study.cells where sweep = 'under-kills' order by 1`,
  );
  return { curves, weights, items, accuracies };
}

const running = (dir: string, kind: string): Promise<readonly Record<string, unknown>[]> =>
  query(dir, `select phase_key, attempt from study.running where kind = '${kind}' and step > 0`);

async function kill(dir: string, what: string, pids: readonly number[]): Promise<void> {
  assert.notEqual(pids.length, 0, `there is no ${what} to kill`);
  const [pid] = pids;
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  if (what === 'trainer') return;
  await until(`another ${what} runs`, () => {
    const now = pidsOf(dir, what);
    return now.length === pids.length && !now.includes(pid);
  });
}

test('a sweep whose trainer, nodes and orchestrator are killed ends with the rows and weights of an undisturbed one', async () => {
  const calm = await openStack('calm');
  await finished(calm);
  const expected = await results(calm);
  // each of four cells shows 150 base steps (run once for all) and 3 stages of 60 steps with four metrics each, and two batches of its
  // evaluation with two
  assert.equal(expected['curves']?.length, 4 * ((150 + 180) * 4 + 2 * 2));
  await command(calm, 'down');

  const hit = await openStack('hit');
  await until('the base phase runs', async () => (await running(hit, 'base')).length > 0, 60_000);
  const nodes = pidsOf(hit, 'gpu-worker');
  const trainers = (await Promise.all(nodes.map((pid) => childrenOf(pid)))).flat();
  await kill(hit, 'trainer', trainers);
  await until('two finetune phases run', async () => (await running(hit, 'finetune')).length === 2, 120_000);
  await kill(hit, 'gpu-worker', pidsOf(hit, 'gpu-worker'));
  await kill(hit, 'orchestrator', pidsOf(hit, 'orchestrator'));
  await until('finetune phases run again', async () => (await running(hit, 'finetune')).length > 0, 120_000);
  await kill(hit, 'gpu-worker', pidsOf(hit, 'gpu-worker').toReversed());
  await finished(hit);

  assert.deepEqual(await results(hit), expected);
  const attempts = await query(
    hit,
    `select count(*)::int as attempts, count(distinct phase_id)::int as phases,
            count(*) filter (where state = 'finished')::int as completions from attempts`,
  );
  assert.equal(attempts[0]?.['phases'], 9);
  assert.equal(attempts[0]['completions'], 9, 'a phase ran twice to completion');
  assert.ok(Number(attempts[0]['attempts']) > 9, 'no attempt was hit');
});
