// Who gets a node's next trainer.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import pino from 'pino';
import { DEFAULT_WORKER_TIMES } from '../../services/gpu-worker/options.ts';
import { TrainerPool } from '../../services/gpu-worker/trainer-pool.ts';
import { TrainerSlot } from '../../services/gpu-worker/trainer-slot.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainer-pool-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function pool(slots: number, waitingPlaces: number): TrainerPool {
  const needs = {
    trainerEntry: null,
    trainerExecArgv: [],
    times: DEFAULT_WORKER_TIMES,
    log: pino({ level: 'silent' }),
  };
  const options = { device: 'simulate', threads: 1, memoryBytes: 0 } as const;
  return new TrainerPool(
    Array.from({ length: slots }, (_, i) => new TrainerSlot(i, options, folder, needs)),
    waitingPlaces,
  );
}

/** Jobs that end when told, in the order in which they began. */
class Jobs {
  readonly began: number[] = [];
  readonly #ends = new Map<number, () => void>();
  readonly #pool: TrainerPool;

  constructor(of: TrainerPool) {
    this.#pool = of;
  }

  start(place: number, signal = new AbortController().signal): Promise<void> {
    return this.#pool.use(place, signal, () => {
      this.began.push(place);
      return new Promise((resolve) => this.#ends.set(place, () => resolve('keep')));
    });
  }

  end(place: number): void {
    this.#ends.get(place)?.();
  }
}

/** Longer than any hand-over takes: what should not begin has had its chance. */
async function turn(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

test('attempts beyond the slots wait, and the first of them takes whichever slot is free first', async () => {
  const jobs = new Jobs(pool(2, 2));
  const done = [0, 1, 2, 3].map((place) => jobs.start(place));
  await turn();
  assert.deepEqual(jobs.began, [0, 1]);
  jobs.end(1);
  await done[1];
  await turn();
  assert.deepEqual(jobs.began, [0, 1, 2]);
  jobs.end(2);
  await done[2];
  await turn();
  assert.deepEqual(jobs.began, [0, 1, 2, 3]);
  jobs.end(0);
  jobs.end(3);
  await Promise.all(done);
});

test('an attempt that is stopped while it waits never begins, and the next one is not held up', async () => {
  const jobs = new Jobs(pool(1, 2));
  const stop = new AbortController();
  const first = jobs.start(0);
  const stopped = jobs.start(1, stop.signal);
  const last = jobs.start(2);
  await turn();
  stop.abort();
  await stopped;
  jobs.end(0);
  await first;
  await turn();
  assert.deepEqual(jobs.began, [0, 2]);
  jobs.end(2);
  await last;
});

test('without waiting places every attempt has its own slot', async () => {
  const own = pool(2, 0);
  assert.equal(own.places, 2);
  const jobs = new Jobs(own);
  const second = jobs.start(1);
  await turn();
  const again = jobs.start(1);
  await turn();
  assert.deepEqual(jobs.began, [1]);
  jobs.end(1);
  await second;
  await turn();
  jobs.end(1);
  await again;
  assert.deepEqual(jobs.began, [1, 1]);
});
