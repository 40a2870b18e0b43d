import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultStateDir } from '../../services/program/index.ts';

test('an installed package keeps its state in the XDG state folder, unless a folder is named or has some', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lsweep-state-'));
  const before = process.cwd();
  t.after(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });
  process.chdir(folder);
  assert.equal(defaultStateDir(undefined, { XDG_STATE_HOME: '/state' }, true), '/state/latent-sweep');
  const usual = join(homedir(), '.local/state/latent-sweep');
  assert.equal(defaultStateDir(undefined, {}, true), usual);
  assert.equal(defaultStateDir(undefined, { XDG_STATE_HOME: 'relative' }, true), usual);
  assert.equal(defaultStateDir('/named', {}, true), '/named/.lsweep');
  assert.equal(defaultStateDir(undefined, { LSWEEP_DIR: '/named' }, true), '/named/.lsweep');
  const here = join(process.cwd(), '.lsweep');
  assert.equal(defaultStateDir(undefined, {}, false), here);
  writeFileSync('lsweep.yaml', '');
  assert.equal(defaultStateDir(undefined, {}, true), here);
  rmSync('lsweep.yaml');
  mkdirSync('.lsweep');
  assert.equal(defaultStateDir(undefined, {}, true), here);
});
