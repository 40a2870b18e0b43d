// `npm run install:cuda`, on GPU machines, after the packages are installed: the CUDA provider beside ONNX Runtime's library. Runs again
// after every `npm ci`, which empties node_modules; the download stays in the cache. CUDA's own libraries come with the machine. From `dist` it
// does the same for an installed package.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cacheDir } from './cache-dir.mjs';
import { fetchCudaProvider, PROVIDER_VERSION } from './fetch-cuda-provider.mjs';
import { withInstallLock } from './install-lock.mjs';
import { placeCudaProvider } from './place-cuda-provider.mjs';

/** @param {string} text */
const note = (text) => process.stderr.write(`${text}\n`);

try {
  await withInstallLock(join(cacheDir(), 'install.lock'), installCuda, note);
} catch (error) {
  note(`\nthe CUDA provider is not installed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

async function installCuda() {
  const core = runtimePackage();
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

/** Of the checkout, or of where the package is installed. */
function runtimePackage() {
  try {
    return dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  } catch (cause) {
    throw new Error('the packages are not installed yet; run node infra/install/prepare.mjs first', { cause });
  }
}
