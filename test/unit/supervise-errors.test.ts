// What ends the supervisor before it can write its record stands in its log as a sentence: lsweep up names that file.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const dir = mkdtempSync(join(tmpdir(), 'supervise-'));
after(() => rmSync(dir, { recursive: true, force: true }));

test('the supervisor ends with a sentence and an exit code, never with a stack', () => {
  writeFileSync(join(dir, 'lsweep.yaml'), 'log: { level: loudly }\n');
  const supervise = fileURLToPath(new URL('../../services/local-stack/supervise.ts', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', supervise], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LSWEEP_DIR: dir },
  });
  assert.match(stderr, /^CONFIG_INVALID: .*log\.level/);
  assert.doesNotMatch(stderr, /^ {4}at /m);
  assert.equal(status, 2);
});
