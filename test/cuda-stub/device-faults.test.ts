// Machines that cannot compute on CUDA say what they lack. One process, in the order of what is looked for first.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PINNED_VERSION, Runtime } from '../../services/tensor/runtime/index.ts';

const open = (limit: number | null = null) =>
  new Runtime({ device: 'cuda', threads: 1, cuda: { memoryLimitBytes: limit } });

/** With variables of the environment, which libraries see too. */
function withEnvironment(variables: NodeJS.ProcessEnv, use: () => void): void {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    use();
  } finally {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

describe('device cuda', () => {
  test('without the provider says how to install it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lsweep-no-provider-'));
    try {
      withEnvironment({ LSWEEP_ONNXRUNTIME_DIR: folder }, () => {
        assert.throws(() => open(), { code: 'CONFIG_INVALID', message: /npm run install:cuda/ });
        for (const name of ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'])
          writeFileSync(join(folder, name), '');
        writeFileSync(join(folder, 'onnxruntime-cuda.json'), '{ "version": "1.28.0" }');
        assert.throws(() => open(), {
          code: 'RUNTIME_VERSION',
          message: new RegExp(`1\\.28\\.0.*${PINNED_VERSION}.*install:cuda`),
        });
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("without CUDA's libraries names each and who brings it", (context) => {
    const index = fileURLToPath(new URL('../../services/tensor/runtime/index.ts', import.meta.url));
    const script = `import { Runtime } from ${JSON.stringify(index)};
      try { new Runtime({ device: 'cuda', threads: 1 }); console.log('opened'); } catch (error) { console.log(error.message); }`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, LD_LIBRARY_PATH: '' },
    });
    if (/opened|no CUDA device/.test(stdout)) return context.skip('this machine has CUDA');
    assert.match(stdout, /CONFIG_INVALID: device: cuda .*(libcudart|libcublas|libcuda\.so|libcurand)/, stderr);
    assert.match(stdout, /PyPI: nvidia-|NVIDIA driver/);
  });

  test('without a device says so', () => {
    withEnvironment({ LSWEEP_STUB_NO_DEVICE: '1' }, () => {
      assert.throws(() => open(), { code: 'CONFIG_INVALID', message: /no CUDA device is visible \(no CUDA-capable/ });
    });
  });

  test('keeps within the limit it is given, and a process has one', () => {
    const runtime = open(2 ** 20);
    try {
      runtime.releaseTensor(runtime.createTensor('float32', [2 ** 16]));
      assert.throws(() => runtime.createTensor('float32', [2 ** 19]), { code: 'OUT_OF_MEMORY', message: /2097152/ });
      assert.throws(() => open(2 ** 21), { code: 'CONFIG_INVALID', message: /2097152 asked.*1048576/ });
    } finally {
      runtime.releaseAll();
    }
  });
});
