import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { prunePackages } from '../../infra/install/index.mjs';

const FILES = [
  'onnxruntime-node/package.json',
  'onnxruntime-node/dist/index.js',
  'onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
  'onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1',
  'onnxruntime-node/bin/napi-v6/win32/x64/onnxruntime.dll',
  '@temporalio/core-bridge/package.json',
  '@temporalio/core-bridge/releases/x86_64-unknown-linux-gnu/index.node',
  '@temporalio/core-bridge/releases/x86_64-apple-darwin/index.node',
  '@temporalio/core-bridge/sdk-core/Cargo.toml',
  '@bufbuild/buf-linux-x64/bin/buf',
  '@bufbuild/buf-linux-x64/bin/protoc-gen-buf-lint',
  '@bufbuild/buf-linux-x64/bin/protoc-gen-buf-breaking',
  'dprint-node/index.js',
  'dprint-node/dprint-node.linux-x64-gnu.node',
  'dprint-node/dprint-node.linux-x64-musl.node',
  'dprint-node/dprint-node.linux-arm64-gnu.node',
  'dprint-node/dprint-node.darwin-x64.node',
  'other/dist/main.js',
];

function modules(t: TestContext): { readonly folder: string; readonly files: () => readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'lsweep-prune-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const file of FILES) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  const files = (): readonly string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => FILES.includes(name));
  return { folder, files };
}

test('of packages for every platform this one stays', (t) => {
  const { folder, files } = modules(t);
  prunePackages(folder, { platform: 'linux', arch: 'x64' });
  const kept = [
    'onnxruntime-node/package.json',
    'onnxruntime-node/dist/index.js',
    'onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
    '@temporalio/core-bridge/package.json',
    '@temporalio/core-bridge/releases/x86_64-unknown-linux-gnu/index.node',
    '@bufbuild/buf-linux-x64/bin/buf',
    'dprint-node/index.js',
    'dprint-node/dprint-node.linux-x64-gnu.node',
    'dprint-node/dprint-node.linux-x64-musl.node',
    'other/dist/main.js',
  ];
  assert.deepEqual([...files()].sort(), kept.sort());
  prunePackages(folder, { platform: 'linux', arch: 'x64' });
  assert.deepEqual([...files()].sort(), kept.sort());
});

test('a platform that a package does not know loses none of its programs', (t) => {
  const { folder, files } = modules(t);
  prunePackages(folder, { platform: 'freebsd', arch: 'x64' });
  assert.deepEqual([...files()].sort(), [...FILES].sort());
});
