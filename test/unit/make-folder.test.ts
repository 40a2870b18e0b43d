// Folders where a user says so: below /proc, or a link that leads nowhere, Node's own recursion never comes back.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeFolder } from '../../services/artifacts/index.ts';

const root = mkdtempSync(join(tmpdir(), 'make-folder-'));
after(() => rmSync(root, { recursive: true, force: true }));

test('a folder is made with all above it, with the mode, and once more without a word', () => {
  const folder = join(root, 'a', 'b', 'c');
  for (let times = 0; times < 2; times++) makeFolder(folder, 0o700);
  for (const made of [folder, join(root, 'a')]) assert.equal(statSync(made).mode & 0o777, 0o700);
});

test('a file in the way is told', () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  for (const folder of [file, join(file, 'below')]) assert.throws(() => makeFolder(folder), { code: /EEXIST|ENOTDIR/ });
});

test('every state folder that cannot be made is refused, whoever makes it', {
  skip: process.platform !== 'linux',
}, () => {
  const link = join(root, 'link');
  symlinkSync(join(root, 'not mounted', 'disk'), link);
  const child = fileURLToPath(new URL('./make-folder-child.ts', import.meta.url));
  const { stdout, stderr, signal } = spawnSync(process.execPath, ['--import', 'tsx', child, '/proc', link], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  assert.equal(signal, null, stderr);
  const each = ['node: ARTIFACT_STORE', 'stack: CONFIG_INVALID', 'artifacts: ARTIFACT_STORE'];
  assert.deepEqual(JSON.parse(stdout), [
    ...[...each, 'out: ENOENT', 'details: false'],
    ...[...each, 'out: EEXIST', 'details: false'],
  ]);
});
