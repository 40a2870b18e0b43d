// Fetches ONNX Runtime's CUDA provider (CUDA 13, Linux x64) into the cache. onnxruntime-node's own installation takes it from a gallery
// that machines behind a registry mirror do not reach; an npm package holds the same official files. Both are checked by SHA-256.

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { runLogged, step } from './step.mjs';

/** Core and provider must be of one version. */
export const PROVIDER_VERSION = '1.29.0';
/** Unofficial packaging (for Unity, MIT) of the official build. */
const PACKAGE = 'com.github.asus4.onnxruntime.linux-x64-gpu@0.4.9';
const INSIDE = 'package/Plugins/Linux/x64';
const FILES = [
  {
    name: 'libonnxruntime_providers_shared.so',
    sha256: 'c6a12593396095f5670160e284c35d1700b7708cf3037b7042e2a5200ccae772',
  },
  {
    name: 'libonnxruntime_providers_cuda.so',
    sha256: '56cf3254b118ad837ccc4ed8f6d1b23504bbf7ef91b34cbc0b289cb7f10b3037',
  },
];
const TIMEOUT_MS = 10 * 60_000;

/**
 * @param {{ cacheDir: string, out?: import('./step.mjs').Out }} options
 * @returns {Promise<{ folder: string, files: readonly string[] }>} names of the files in the folder
 * @throws {Error} on another platform, when npm cannot fetch the package, or when its files are not the pinned ones
 */
export async function fetchCudaProvider({ cacheDir, out }) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(`the CUDA provider exists for linux x64 only, this is ${process.platform} ${process.arch}`);
  const folder = join(cacheDir, `cuda-provider-${PROVIDER_VERSION}`);
  const files = FILES.map(({ name }) => name);
  if (existsSync(folder)) return { folder, files };
  mkdirSync(cacheDir, { recursive: true });
  // beside its final place, so that the rename does not cross file systems
  const scratch = mkdtempSync(join(cacheDir, 'fetching-'));
  try {
    await step(
      `ONNX Runtime's CUDA provider ${PROVIDER_VERSION}: npm package, 180 MB (10 to 120 s)`,
      () => fetchInto(scratch, join(cacheDir, 'cuda-provider-install.log')),
      out,
    );
    renameSync(join(scratch, INSIDE), folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return { folder, files };
}

/**
 * @param {string} scratch
 * @param {string} log
 */
async function fetchInto(scratch, log) {
  const npm = process.env['npm_execpath'];
  const viaNode = npm !== undefined && /npm-cli\.c?js$/.test(npm);
  const args = ['pack', PACKAGE, '--pack-destination', scratch];
  await runLogged(viaNode ? process.execPath : 'npm', viaNode ? [npm, ...args] : args, {
    log,
    cwd: scratch,
    timeoutMs: TIMEOUT_MS,
  });
  const archive = readdirSync(scratch).find((name) => name.endsWith('.tgz'));
  if (archive === undefined) throw new Error(`npm brought no archive; see ${log}`);
  const members = FILES.map(({ name }) => `${INSIDE}/${name}`);
  await runLogged('tar', ['-xzf', join(scratch, archive), '-C', scratch, ...members], { log });
  for (const { name, sha256 } of FILES) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(scratch, INSIDE, name)), hash);
    const found = hash.digest('hex');
    if (found !== sha256)
      throw new Error(`${name} of ${PACKAGE} is not the pinned one (SHA-256 ${found}, expected ${sha256})`);
  }
}
