import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openToOthers } from '../../services/local-stack/postgres/open-place.ts';

const modeOf = (path: string): number => lstatSync(path).mode & 0o777;

test('programs installed under a closed umask are opened to the account that runs them', (context) => {
  const root = mkdtempSync(join(tmpdir(), 'lsweep-open-'));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'bin'), { mode: 0o700 });
  writeFileSync(join(root, 'bin', 'initdb'), '', { mode: 0o700 });
  writeFileSync(join(root, 'bin', 'notes'), '', { mode: 0o600 });
  symlinkSync('initdb', join(root, 'bin', 'link'));
  chmodSync(root, 0o700);

  openToOthers(root);

  assert.equal(modeOf(root), 0o755);
  assert.equal(modeOf(join(root, 'bin')), 0o755);
  assert.equal(modeOf(join(root, 'bin', 'initdb')), 0o755);
  assert.equal(modeOf(join(root, 'bin', 'notes')), 0o644);
});
