// Who may look into the state folder, and that Postgres' account can still pass when we are root.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { makeStateFolder } from '../../services/local-stack/index.ts';
import { postgresAccount } from '../../services/local-stack/postgres/account.ts';
import { closedFolder } from '../../services/local-stack/postgres/launch.ts';

const account = postgresAccount();
/** As root Postgres runs as another account, whose group may pass. */
const CLOSED = account === null ? 0o700 : 0o710;
const modeOf = (path: string): number => statSync(path).mode & 0o777;
let dir: string;
let stateDir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lsweep-state-'));
  // as a folder in which people work often is
  chmodSync(dir, 0o755);
  stateDir = join(dir, '.lsweep');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a new state folder is closed to other users, and the one around it is left alone', () => {
  makeStateFolder({ stateDir, dir });
  assert.equal(modeOf(stateDir), CLOSED);
  assert.equal(modeOf(dir), 0o755);
});

test('one that is open to others is closed when it is used again', () => {
  mkdirSync(stateDir);
  chmodSync(stateDir, 0o755);
  makeStateFolder({ stateDir, dir });
  assert.equal(modeOf(stateDir), CLOSED);
});

test('the account of Postgres passes, and cannot look around', {
  skip: account === null ? 'Postgres runs as ourselves' : false,
}, () => {
  assert.ok(account !== null);
  makeStateFolder({ stateDir, dir });
  const inside = join(stateDir, 'postgres');
  mkdirSync(inside);
  assert.equal(closedFolder(account, inside), null);
  assert.equal(statSync(stateDir).gid, account.gid);
});

test('the folder of the work itself keeps its mode, also as the state folder', () => {
  makeStateFolder({ stateDir: dir, dir });
  assert.equal(modeOf(dir), 0o755);
});

test('one that cannot be made is refused by its key', () => {
  writeFileSync(join(dir, 'file'), '');
  assert.throws(() => makeStateFolder({ stateDir: join(dir, 'file', '.lsweep'), dir }), {
    code: 'CONFIG_INVALID',
    message: /stateDir is .*file\/\.lsweep, which cannot be made/,
  });
});
