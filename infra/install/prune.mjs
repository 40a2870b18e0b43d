// Takes what this machine never runs out of the installed packages: three of them carry the programs of every platform, one two more programs
// than are called. Nothing that a package loads here goes, and `npm ci` brings everything back.

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
  const formatters = join(modules, 'dprint-node');
  if (existsSync(formatters)) {
    const programs = readdirSync(formatters).filter((name) => name.endsWith('.node'));
    const own = programs.filter((name) => name.startsWith(`dprint-node.${platform}-${arch}`));
    // of Linux both: which C library there is, the package finds out itself
    if (own.length > 0) for (const name of programs) if (!own.includes(name)) remove(join(formatters, name));
  }
  // plugins of protoc; buf holds both checks itself
  for (const name of ['protoc-gen-buf-breaking', 'protoc-gen-buf-lint'])
    remove(join(modules, `@bufbuild/buf-${platform}-${arch}`, 'bin', name));
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
