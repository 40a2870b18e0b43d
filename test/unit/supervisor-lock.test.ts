import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lockHolder, releaseStackLock, takeStackLock } from '../../services/local-stack/stack-lock.ts';

let folder: string;
let lock: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lsweep-lock-'));
  lock = join(folder, 'stack.lock');
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  }
  rmSync(folder, { recursive: true, force: true });
});

/** A process that tries to take the lock when it is told to, and keeps it. */
async function contender(): Promise<{ readonly take: () => Promise<boolean>; readonly kill: () => Promise<void> }> {
  const child = fork(fileURLToPath(new URL('./supervisor-lock-child.ts', import.meta.url)), [lock], {
    execArgv: ['--import', 'tsx'],
  });
  children.push(child);
  const heard = (): Promise<unknown> => new Promise((resolve) => child.once('message', resolve));
  assert.equal(await heard(), 'here');
  return {
    take: async () => {
      const answer = heard();
      child.send('take');
      return (await answer) === 'mine';
    },
    kill: async () => {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
    },
  };
}

test('a lock has one holder, who is told to others', async () => {
  const other = await contender();
  assert.equal(await other.take(), true);
  assert.equal(takeStackLock(lock, 'supervisor')?.role, 'supervisor');
  assert.equal(lockHolder(lock)?.pid, children[0]?.pid);
});

test('the lock of a killed process is free', async () => {
  const other = await contender();
  assert.equal(await other.take(), true);
  await other.kill();
  assert.equal(lockHolder(lock), null);
  assert.equal(takeStackLock(lock, 'postgres alone'), null);
  assert.equal(lockHolder(lock)?.pid, process.pid);
  releaseStackLock(lock);
  assert.equal(existsSync(lock), false);
});

test('a lock whose pid now belongs to another process is free', () => {
  writeFileSync(lock, JSON.stringify({ pid: process.ppid, started: 'an earlier boot/7', role: 'supervisor' }));
  assert.equal(takeStackLock(lock, 'supervisor'), null);
});

test('a damaged lock, and a take-over that was cut off, stand in nobody’s way', () => {
  writeFileSync(lock, '{"pid":');
  assert.equal(takeStackLock(lock, 'supervisor'), null);
});

test('a release does not free the lock of somebody else', async () => {
  const other = await contender();
  assert.equal(await other.take(), true);
  releaseStackLock(lock);
  assert.equal(lockHolder(lock)?.pid, children[0]?.pid);
});

test('of several that find the same dead holder, one wins', async () => {
  const all = await Promise.all(Array.from({ length: 4 }, contender));
  for (let round = 0; round < 3; round++) {
    writeFileSync(lock, JSON.stringify({ pid: 1, started: 'an earlier boot/7', role: 'supervisor' }));
    const won = (await Promise.all(all.map((one) => one.take()))).filter((isMine) => isMine);
    assert.equal(won.length, 1, `round ${round}`);
  }
});
