// How long a starting trainer is waited for: by its work, never by the clock, and what its end is called.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import pino from 'pino';
import { loadConfig } from '../../services/config/index.ts';
import { DEFAULT_WORKER_TIMES } from '../../services/gpu-worker/options.ts';
import { TrainerSlot } from '../../services/gpu-worker/trainer-slot.ts';
import { type ProcessUsage, StartWatch } from '../../services/machine/index.ts';
import { programEntry } from '../../services/program/index.ts';
import { ERRORS, LatentSweepError, RETRY_POLICIES } from '../../workflows/domain/errors.ts';
import { until } from '../integration/until.ts';

const onLinux = { skip: process.platform === 'linux' ? false : 'only Linux tells what a process has used' };
const folder = mkdtempSync(join(tmpdir(), 'trainer-start-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const program = programEntry('./trainer-start-child', import.meta.url);
let slots = 0;
function slot(start: string, trainerStartMs: number): TrainerSlot {
  const options = { device: 'cpu', threads: 1, memoryBytes: 0, env: { LSWEEP_TEST_START: start } } as const;
  return new TrainerSlot(slots++, options, folder, {
    trainerEntry: program.path,
    trainerExecArgv: program.execArgv,
    times: { ...DEFAULT_WORKER_TIMES, trainerStartMs, trainerGraceMs: 500 },
    log: pino({ level: 'silent' }),
  });
}
const never = new AbortController().signal;

const notStarted = (sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof LatentSweepError);
  assert.equal(error.code, 'TRAINER_NOT_STARTED');
  assert.match(error.message, sentence);
  return true;
};

test('a trainer that works at its start is waited for, longer than its patience', onLinux, async () => {
  const patienceMs = 4_000;
  const file = join(folder, 'go');
  const one = slot(`bursts ${file}`, patienceMs);
  let began = false;
  const done = one.use(never, () => {
    began = true;
    return Promise.resolve('keep');
  });
  // patience is a time: that it is extended shows only beyond it
  const startedAtMs = performance.now();
  await until('its patience has passed', () => performance.now() - startedAtMs > 1.2 * patienceMs);
  assert.equal(began, false);
  writeFileSync(file, '');
  await done;
  assert.equal(began, true);
  await one.close();
});

test(
  'a trainer that does nothing is given up, by a key that the message names, and the trial is not blamed',
  onLinux,
  async () => {
    const one = slot('nothing', 1_500);
    await assert.rejects(
      one.use(never, () => assert.fail('it never was ready')),
      notStarted(/did nothing for 1500 ms .*worker\.trainerStartMs/),
    );
    await one.close();
    const { failure } = ERRORS.TRAINER_NOT_STARTED;
    assert.equal(failure, 'trainer_start');
    assert.equal(RETRY_POLICIES[failure].countsAgainstTrial, false);
  },
);

test('a trainer that computes for ever is given up, by the time that it computed', onLinux, async () => {
  const one = slot('for-ever', 1_500);
  await assert.rejects(
    one.use(never, () => assert.fail('it never was ready')),
    notStarted(/has computed for \d+ ms/),
  );
  await one.close();
});

test('a trainer that ends at its start is no crash of the trial, and its last words are told', async () => {
  const one = slot('ends', 600_000);
  await assert.rejects(
    one.use(never, () => assert.fail('it never was ready')),
    notStarted(/ended with exit code 127: libcudart\.so\.13: cannot open/),
  );
  await one.close();
});

test('a job that is stopped while its trainer starts is over at once, and the next one gets the trainer', async () => {
  const file = join(folder, 'later');
  const one = slot(`bursts ${file}`, 600_000);
  const stop = new AbortController();
  const stopped = one.use(stop.signal, () => assert.fail('it was stopped'));
  stop.abort();
  await stopped;
  const next = one.use(never, () => Promise.resolve('keep'));
  writeFileSync(file, '');
  await next;
  await one.close();
});

test('patience counts silence only: whoever reads or computes between two looks has worked', async () => {
  const used: { -readonly [key in keyof ProcessUsage]: ProcessUsage[key] } = { cpuMs: 0, reads: 0 };
  let looks = 0;
  let why: string | null = null;
  const watch = new StartWatch({
    patienceMs: 200,
    usage: () => {
      looks += 1;
      if (looks < 60) used.reads += 1;
      return { ...used };
    },
    onGivenUp: (reason) => (why = reason),
  });
  await until('it has been looked at for longer than its patience', () => looks >= 50);
  assert.equal(why, null);
  await until('it is given up once it does nothing more', () => why !== null);
  assert.equal(why, 'did nothing for 200 ms');
  watch.close();
});

test('the patience is a key beside worker.firstStepMs', () => {
  const { worker } = loadConfig({ dir: folder, environment: { LSWEEP_WORKER_TRAINER_START_MS: '1234' } });
  assert.equal(worker.trainerStartMs, 1_234);
  assert.equal(loadConfig({ dir: folder, environment: {} }).worker.trainerStartMs, 600_000);
});
