// A slot of the gpu-worker on a CUDA device: the real worker and the real trainer process over the stand-ins. Its numbers mean nothing; that
// it computes on the device and nowhere else does.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { trainerEntry, trainerExecArgv } from '../../services/trainer/index.ts';
import { Heard, WorkerBench } from '../integration/gpu-worker-bench.ts';
import { tiny } from '../unit/trainer-child.ts';

const bench = new WorkerBench();
after(() => bench.close());

const cudaSlot = (env: Readonly<Record<string, string>>) => ({
  ...{ trainerEntry, trainerExecArgv },
  slots: [{ device: 'cuda', threads: 1, memoryBytes: 0, env: { CUDA_VISIBLE_DEVICES: '0', ...env } }] as const,
});
const phase = (name: string) => ({
  phaseKey: name.padEnd(32, '0'),
  attempt: 1,
  slot: 0,
  configJson: JSON.stringify(tiny.base()),
  threads: 1,
  segmentMs: 1n,
});

test('a phase trains on the device of its slot', async () => {
  const { address } = await bench.worker(cudaSlot({}));
  const heard = new Heard(bench.client(address), phase('a'));
  await heard.ended;
  assert.deepEqual(heard.error, null);
  assert.equal(heard.messages.at(-1)?.event?.$case, 'completed');
});

test('a slot whose device is not there fails the phase with what is missing', async () => {
  const other = new WorkerBench(bench);
  try {
    const { address } = await other.worker(cudaSlot({ LSWEEP_STUB_NO_DEVICE: '1' }));
    const heard = new Heard(other.client(address), phase('b'));
    await heard.ended;
    const event = heard.messages.at(-1)?.event;
    assert.ok(event?.$case === 'failed', String(event?.$case));
    assert.match(event.value.message, /no CUDA device is visible/);
  } finally {
    await other.close();
  }
});
