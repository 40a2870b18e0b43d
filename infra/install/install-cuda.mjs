// `npm run install:cuda`, on GPU machines, after the packages are installed: the CUDA provider beside ONNX Runtime's library. Runs again
// after every `npm ci`, which empties node_modules; the download stays in the cache. CUDA's own libraries come with the machine.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir } from './cache-dir.mjs';
import { fetchCudaProvider, PROVIDER_VERSION } from './fetch-cuda-provider.mjs';
import { withInstallLock } from './install-lock.mjs';
import { placeCudaProvider } from './place-cuda-provider.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** @param {string} text */
const note = (text) => process.stderr.write(`${text}\n`);

try {
  await withInstallLock(join(cacheDir(), 'install.lock'), installCuda, note);
} catch (error) {
  note(`\nthe CUDA provider is not installed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

async function installCuda() {
  const core = join(root, 'node_modules', 'onnxruntime-node');
  if (!existsSync(core))
    throw new Error('the packages are not installed yet; run node infra/install/prepare.mjs first');
  const { version } = JSON.parse(readFileSync(join(core, 'package.json'), 'utf8'));
  if (version !== PROVIDER_VERSION)
    throw new Error(
      `onnxruntime-node ${version} is installed, the provider belongs to ${PROVIDER_VERSION}; run npm ci`,
    );
  const target = join(core, 'bin', 'napi-v6', 'linux', 'x64');
  placeCudaProvider(await fetchCudaProvider({ cacheDir: cacheDir() }), target);
  note(
    `The CUDA provider ${version} is in ${target}.
It also needs the NVIDIA driver (580 or later), libcudart.so.13, libcublas.so.13, libcublasLt.so.13 and libcurand.so.10 where the loader
finds them (ldconfig, or LD_LIBRARY_PATH). Without CUDA 13 on the machine, PyPI has them: nvidia-cuda-runtime, nvidia-cublas, nvidia-curand.`,
  );
}
