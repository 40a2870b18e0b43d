// Reading logs: the last lines of files of any size, growing and rotated ones, and pino's JSON for people.

import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readableLogLine } from '../../services/cli/logs/log-line.ts';
import { openLogTail } from '../../services/cli/logs/log-tail.ts';

const folder = mkdtempSync(join(tmpdir(), 'lsweep-logs-'));
after(() => rmSync(folder, { recursive: true }));

test('the last lines are found at the end of a file of many blocks', async () => {
  const path = join(folder, 'large.log');
  const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i} ${'x'.repeat(i % 50)}`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  assert.deepEqual(await openLogTail(path, 3).next(), lines.slice(-3));
  assert.deepEqual(await openLogTail(path, 5_000).next(), lines.slice(-5_000));
  assert.deepEqual(await openLogTail(path, 99_999).next(), lines);
  assert.deepEqual(await openLogTail(path, 0).next(), []);
});

test('lines come once and whole, characters of several bytes too, however the file grows', async () => {
  const path = join(folder, 'growing.log');
  const tail = openLogTail(path, 10);
  assert.deepEqual(await tail.next(), []);
  const bytes = Buffer.from('größer\n');
  writeFileSync(path, bytes.subarray(0, 4));
  assert.deepEqual(await tail.next(), []);
  appendFileSync(path, bytes.subarray(4));
  assert.deepEqual(await tail.next(), ['größer']);
  assert.deepEqual(await tail.next(), []);
});

test('a rotated file is read on from the beginning of the new one', async () => {
  const path = join(folder, 'rotated.log');
  writeFileSync(path, 'old 1\nold 2\n');
  const tail = openLogTail(path, 1);
  assert.deepEqual(await tail.next(), ['old 2']);
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'new 1 and it is longer than the old file\n');
  assert.deepEqual(await tail.next(), ['new 1 and it is longer than the old file']);
});

test('JSON lines are written for people, other lines stay', () => {
  const line = JSON.stringify({
    level: 40,
    time: 0,
    pid: 1,
    hostname: 'h',
    msg: 'node lost',
    node: 'n-1',
    slots: [1, 2],
  });
  assert.equal(readableLogLine(line), '00:00:00 warn  node lost node=n-1 slots=[1,2]');
  for (const other of ['LOG:  database system is ready', '{not json', '{"level":"info"}', ''])
    assert.equal(readableLogLine(other), other);
});
