// What `lsweep init` writes, with the real command line.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runCli } from './cli-child.ts';

const cwd = mkdtempSync(join(tmpdir(), 'lsweep-init-'));
after(() => rmSync(cwd, { recursive: true }));

test('init writes a sweep file that can be planned, with a schema that is there', async () => {
  const { code, stdout } = await runCli(['init', 'mine.yaml'], { cwd });
  assert.equal(code, 0);
  assert.match(stdout, /^mine\.yaml is written; .*plan mine\.yaml\n$/);
  const schema = /^# yaml-language-server: \$schema=(\S+)$/m.exec(readFileSync(join(cwd, 'mine.yaml'), 'utf8'))?.[1];
  assert.ok(schema !== undefined && existsSync(new URL(schema)), schema);
  const plan = await runCli(['plan', 'mine.yaml'], { cwd });
  assert.equal(plan.code, 0, plan.stderr);
});

test('init overwrites nothing, and says why a file cannot be written', async () => {
  writeFileSync(join(cwd, 'kept.yaml'), 'name: kept\n');
  const kept = await runCli(['init', 'kept.yaml'], { cwd });
  assert.equal(kept.code, 1);
  assert.match(kept.stderr, /CONFLICT: kept\.yaml is there already/);
  assert.equal(readFileSync(join(cwd, 'kept.yaml'), 'utf8'), 'name: kept\n');
  const nowhere = await runCli(['init', 'missing/mine.yaml'], { cwd });
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /FILE_UNUSABLE: missing\/mine\.yaml cannot be written/);
});
