// `npm run test:cuda-stub`: the trainer on ONNX Runtime's real CUDA provider over stand-ins of CUDA's libraries. Everything lies in the
// cache: node_modules stays without a provider. Further arguments go to the test runner, such as --test-name-pattern.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir } from '../../infra/install/cache-dir.mjs';
import { fetchCudaProvider } from '../../infra/install/fetch-cuda-provider.mjs';
import { withInstallLock } from '../../infra/install/install-lock.mjs';
import { place, placeCudaProvider } from '../../infra/install/place-cuda-provider.mjs';
import { buildStubs } from './build-stubs.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = cacheDir();
const [stubs, runtime] = [join(cache, 'cuda-stub', 'stubs'), join(cache, 'cuda-stub', 'runtime')];

/** @param {string} text */
const note = (text) => process.stderr.write(`${text}\n`);

try {
  await withInstallLock(join(cache, 'cuda-stub.lock'), prepare, note);
  process.exitCode = test();
} catch (error) {
  note(`\nthe CUDA stub tests cannot run: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

async function prepare() {
  buildStubs(stubs);
  mkdirSync(runtime, { recursive: true });
  const core = join(root, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6', 'linux', 'x64');
  place(join(core, 'libonnxruntime.so.1'), join(runtime, 'libonnxruntime.so.1'));
  placeCudaProvider(await fetchCudaProvider({ cacheDir: cache }), runtime);
}

function test() {
  const args = ['--import', 'tsx', '--test', '--test-reporter=spec', ...process.argv.slice(2)];
  const files = readdirSync(join(root, 'test', 'cuda-stub')).filter((name) => name.endsWith('.test.ts'));
  const { status } = spawnSync(process.execPath, [...args, ...files.map((name) => join('test', 'cuda-stub', name))], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      LD_LIBRARY_PATH: [stubs, process.env['LD_LIBRARY_PATH'] ?? ''].filter((part) => part !== '').join(delimiter),
      LSWEEP_ONNXRUNTIME_DIR: runtime,
      LSWEEP_STUB_LIBRARY: join(stubs, 'libcudart.so.13'),
    },
  });
  return status ?? 1;
}
