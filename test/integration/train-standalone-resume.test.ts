// `lsweep train`: one trial without a stack. However often it is interrupted or killed, and even if its newest checkpoint is damaged, it ends
// with the rows and weights of an uncut run, byte for byte.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { readSafetensors } from '../../services/tensor/safetensors/index.ts';
import { type CliProcess, jsonOf, runCli, startCli } from '../unit/cli-child.ts';

const DEADLINE_MS = 60_000;

const SWEEP = `
name: alone
model: { family: gpt2, layers: 1, width: 16, heads: 2, context: 64 }
tokenizer: bytes
task: { name: countdown, operands: 2, maxOperand: 30, maxTarget: 60, train: 64, valid: 8, test: 12 }
base: { steps: 20, batch: 4, sequence: 32, warmupSteps: 3 }
curriculum: { stages: 2, firstStage: 1, uniformProb: 0.2 }
train: { stepsPerStage: 15, batch: 4, microbatch: 2, lr: 1.0e-3, schedule: cosine, warmupSteps: 2 }
evaluate: { split: test, batch: 2, maxNewTokens: 16 }
systems: [h2]
axes: { latents: [4, 8] }
seeds: 1
`;

const cwd = mkdtempSync(join(tmpdir(), 'lsweep-train-'));
const file = join(cwd, 'sweep.yaml');
after(() => rmSync(cwd, { recursive: true, force: true }));

const train = (out: string, ...more: string[]): readonly string[] => [
  ...['--json', 'train', file, '--cell', '0', '--checkpoint-every', '0', '--out', out],
  ...more,
];

interface Result {
  readonly result: { readonly accuracy: number; readonly items: number; readonly final_loss: number };
  readonly phases: readonly { readonly phase: string; readonly weightsSha256: string | null }[];
  readonly exported: { readonly base: string; readonly coprocessor: string; readonly latents: string } | null;
}

let uncut: Result;
before(async () => {
  writeFileSync(file, SWEEP);
  const { code, stdout, stderr } = await runCli(train('uncut'), { cwd });
  assert.equal(code, 0, stderr);
  uncut = jsonOf<Result>(stdout);
});

const rows = (out: string, name: string): string => readFileSync(join(cwd, out, name), 'utf8');

function assertSameAsUncut(out: string, { phases, result }: Result): void {
  assert.deepEqual(result, uncut.result);
  assert.deepEqual(
    phases.map(({ weightsSha256 }) => weightsSha256),
    uncut.phases.map(({ weightsSha256 }) => weightsSha256),
  );
  for (const name of ['metrics.tsv', 'items.tsv', 'analyses.tsv'])
    assert.equal(rows(out, name), rows('uncut', name), name);
}

/** Waits until the metrics of `out` have `bytes`. */
async function untilWritten(out: string, bytes: number, cli: CliProcess): Promise<void> {
  const path = join(cwd, out, 'metrics.tsv');
  let over = false;
  void cli.ended.then(() => (over = true));
  for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await sleep(2)) {
    if (over) throw new Error(`it ended: ${JSON.stringify(await cli.ended)}`);
    if (existsSync(path) && statSync(path).size >= bytes) return;
  }
  throw new Error(`no ${bytes} bytes of metrics within ${DEADLINE_MS} ms`);
}

test('every step of every phase has its row, and every item its own', () => {
  const metrics = rows('uncut', 'metrics.tsv').trimEnd().split('\n').slice(1);
  const losses = metrics.filter((line) => line.split('\t')[1] === 'loss_nats').map((line) => line.split('\t'));
  assert.deepEqual(
    losses.map(([phase, , step]) => `${phase} ${step}`),
    [...steps('base', 20), ...steps('finetune', 45)],
  );
  assert.ok(losses.every(([, , , value]) => Number(value) > 0));
  assert.equal(rows('uncut', 'items.tsv').trimEnd().split('\n').length, 1 + 12);
});

test('a trial interrupted and killed in turn ends with the bytes of an uncut one', async () => {
  const whole = rows('uncut', 'metrics.tsv').length;
  for (const [part, signal] of [
    [0.1, 'SIGKILL'],
    [0.35, 'SIGINT'],
    [0.5, 'SIGKILL'],
    [0.65, 'SIGTERM'],
  ] as const) {
    const cli = startCli(train('cut'), { cwd });
    await untilWritten('cut', part * whole, cli);
    cli.kill(signal);
    const { code, stderr } = await cli.ended;
    if (signal === 'SIGKILL') assert.equal(code, null);
    else {
      assert.equal(code, 130, stderr);
      assert.match(stderr, /Stopped at step \d+ of \w+/);
    }
  }
  const { code, stdout, stderr } = await runCli(train('cut'), { cwd });
  assert.equal(code, 0, stderr);
  assertSameAsUncut('cut', jsonOf<Result>(stdout));
});

const stateSchema = z.object({
  resumePoints: z.array(z.object({ checkpoint: z.object({ path: z.string() }) })).min(2),
});

test('a damaged checkpoint is told, and the one before it taken', async () => {
  const cli = startCli(train('damaged'), { cwd });
  await untilWritten('damaged', 0.5 * rows('uncut', 'metrics.tsv').length, cli);
  cli.kill('SIGKILL');
  await cli.ended;
  const state = stateSchema.parse(JSON.parse(readFileSync(join(cwd, 'damaged', 'state.json'), 'utf8')));
  const path = join(cwd, 'damaged', state.resumePoints.at(-1)?.checkpoint.path ?? '');
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  writeFileSync(path, bytes);
  const { code, stdout, stderr } = await runCli(train('damaged'), { cwd });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /CHECKPOINT_DAMAGED/);
  assertSameAsUncut('damaged', jsonOf<Result>(stdout));
});

test('a trainer that is killed ends the command with its code; one command at a time has the folder; the next one goes on', async () => {
  const cli = startCli(train('crashed'), { cwd });
  await untilWritten('crashed', 0.3 * rows('uncut', 'metrics.tsv').length, cli);
  const trainer = trainerOf(lockOwner('crashed'));
  process.kill(trainer, 'SIGSTOP');
  const second = await runCli(train('crashed'), { cwd });
  assert.equal(second.code, 1);
  assert.match(second.stderr, /CONFLICT.*is used by pid/);
  process.kill(trainer, 'SIGKILL');
  const { code, stderr } = await cli.ended;
  assert.equal(code, 1);
  assert.match(stderr, /TRAINER_CRASHED: the trainer ended with SIGKILL; a new run goes on/);
  const { stdout } = await runCli(train('crashed'), { cwd });
  assertSameAsUncut('crashed', jsonOf<Result>(stdout));
});

test('a finished trial shows its results again and exports models that can be read', async () => {
  const { code, stdout, stderr } = await runCli(train('uncut', '--export', 'models'), { cwd });
  assert.equal(code, 0, stderr);
  const again = jsonOf<Result>(stdout);
  assert.deepEqual(again.result, uncut.result);
  assert.ok(again.exported !== null);
  const { base, coprocessor, latents } = again.exported;
  assert.ok(readSafetensors(join(base, 'model.safetensors')).tensors.has('transformer.wte.weight'));
  assert.ok(readSafetensors(join(coprocessor, 'model.safetensors')).tensors.has('transformer.h.0.mlp.c_fc.weight'));
  assert.deepEqual(readSafetensors(latents).tensors.get('soft_tokens')?.shape, [4, 16]);
  const second = await runCli(train('uncut', '--export', 'models'), { cwd });
  assert.equal(second.code, 1);
  assert.match(second.stderr, /CONFLICT.*--export/);
});

test('a file of several cells, another trial in the folder, and a cell that is not there are refused with a way out', async () => {
  const [several, other, absent] = await Promise.all([
    runCli(['train', file], { cwd }),
    runCli(['train', file, '--cell', '1', '--out', 'uncut'], { cwd }),
    runCli(['train', file, '--cell', '2'], { cwd }),
  ]);
  assert.deepEqual([several.code, other.code, absent.code], [2, 1, 2]);
  assert.match(several.stderr, /has 2 cells.*lsweep run.*--cell 1 {2}h2, latents 8, seed 0/s);
  assert.match(other.stderr, /CONFLICT.*--out/);
  assert.match(absent.stderr, /cells 0 to 1/);
});

function steps(phase: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${phase} ${index + 1}`);
}

function lockOwner(out: string): number {
  return z.object({ pid: z.number() }).parse(JSON.parse(readFileSync(join(cwd, out, 'lock.json'), 'utf8'))).pid;
}

/** The trainer among the children of a command. */
function trainerOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  const trainer = children.find((child) =>
    readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('trainer/process/main'),
  );
  assert.ok(trainer !== undefined, `no trainer among ${children.join(', ')}`);
  return trainer;
}
