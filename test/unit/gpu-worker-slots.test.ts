// What a node offers by its configuration; nvidia-smi is a script on PATH here, with the lines that the real one prints.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadConfig } from '../../services/config/index.ts';
import { slotsOf } from '../../services/gpu-worker/slots.ts';

const GIB = 2 ** 30;
const machine = { cores: 8, memoryBytes: 100 * GIB };
let folder: string;
const path = process.env['PATH'];

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'lsweep-slots-'));
});
after(() => {
  process.env['PATH'] = path;
  rmSync(folder, { recursive: true });
});

const slots = (environment: NodeJS.ProcessEnv) => slotsOf(loadConfig({ dir: folder, environment }), machine);

function nvidiaSmi(...lines: readonly string[]): void {
  const file = join(folder, 'nvidia-smi');
  const script = `#!/bin/sh\n[ "$1" = "--query-gpu=index,memory.total" ] || exit 6\n${lines.map((line) => `echo '${line}'`).join('\n')}\n`;
  writeFileSync(file, script);
  chmodSync(file, 0o755);
  process.env['PATH'] = `${folder}:${path}`;
}

describe('CPU slots', () => {
  test('are one per core, each with its share of the memory', () => {
    const offered = slots({});
    assert.equal(offered.length, 8);
    assert.deepEqual(offered[0], { device: 'cpu', threads: 1, memoryBytes: 10 * GIB });
  });

  test('simulated ones train nothing', () => {
    const [one] = slots({ LSWEEP_WORKER_TRAINER: 'simulate', LSWEEP_WORKER_SLOTS: '1' });
    assert.equal(one?.device, 'simulate');
  });
});

describe('CUDA slots', () => {
  test('are one per GPU, whose trainer sees it alone, with its memory', () => {
    nvidiaSmi('0, 40960', '1, 40960', '3, 81920');
    const offered = slots({ LSWEEP_WORKER_GPUS: '0, 3', LSWEEP_WORKER_THREADS: '4' });
    assert.deepEqual(offered, [
      {
        ...{ device: 'cuda', threads: 4, memoryBytes: 32 * GIB },
        env: { CUDA_VISIBLE_DEVICES: '0', CUDA_DEVICE_ORDER: 'PCI_BUS_ID' },
      },
      {
        ...{ device: 'cuda', threads: 4, memoryBytes: 64 * GIB },
        env: { CUDA_VISIBLE_DEVICES: '3', CUDA_DEVICE_ORDER: 'PCI_BUS_ID' },
      },
    ]);
  });

  test('share a GPU evenly where there are more', () => {
    nvidiaSmi('0, 40960', '1, 40960');
    const offered = slots({ LSWEEP_WORKER_GPUS: '0,1', LSWEEP_WORKER_SLOTS: '4' });
    assert.deepEqual(
      offered.map(({ env, memoryBytes }) => [env?.['CUDA_VISIBLE_DEVICES'], memoryBytes]),
      [
        ['0', 16 * GIB],
        ['0', 16 * GIB],
        ['1', 16 * GIB],
        ['1', 16 * GIB],
      ],
    );
  });

  test('ask no driver where their memory is given', () => {
    process.env['PATH'] = folder;
    rmSync(join(folder, 'nvidia-smi'), { force: true });
    const [one] = slots({ LSWEEP_WORKER_GPUS: '7', LSWEEP_WORKER_MEMORY_BYTES: '1000' });
    assert.equal(one?.memoryBytes, 1_000);
    assert.throws(() => slots({ LSWEEP_WORKER_GPUS: '7' }), {
      code: 'CONFIG_INVALID',
      message: /worker\.gpus: nvidia-smi does not say .*NVIDIA driver, or set worker\.memoryBytes/,
    });
  });

  test('are refused where the machine or the configuration has no room for them', () => {
    nvidiaSmi('0, 40960', '1, 40960');
    const refused = (environment: NodeJS.ProcessEnv, message: RegExp) =>
      assert.throws(() => slots(environment), { code: 'CONFIG_INVALID', message });
    refused({ LSWEEP_WORKER_GPUS: '0,2' }, /no GPU 2; nvidia-smi knows 0, 1/);
    refused({ LSWEEP_WORKER_GPUS: '0,1', LSWEEP_WORKER_SLOTS: '3' }, /3 slots cannot be shared evenly by 2 GPUs/);
    refused({ LSWEEP_WORKER_GPUS: '0', LSWEEP_WORKER_TRAINER: 'simulate' }, /needs worker\.trainer engine/);
    refused({ LSWEEP_WORKER_GPUS: '0', LSWEEP_WORKER_COUNT: '2' }, /worker\.count is 2, allowed: 1/);
    refused({ LSWEEP_WORKER_GPUS: '0,0' }, /each GPU once/);
  });
});
