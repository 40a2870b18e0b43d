// The example that services/tensor/README.md opens with is run as it stands there: it must train.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const room = new URL('../../services/tensor/', import.meta.url);

test('the example in the README of the tensor engine learns XOR', () => {
  const readme = readFileSync(new URL('README.md', room), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'lsweep-tensor-readme-'));
  try {
    const file = join(folder, 'example.mts');
    writeFileSync(file, example.replaceAll("from './", `from '${room.href}`));
    const run = spawnSync(process.execPath, ['--import', import.meta.resolve('tsx'), file], {
      encoding: 'utf8',
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    });
    assert.equal(run.status, 0, run.stderr);
    const losses = [...run.stdout.matchAll(/^step (\d+): loss ([\d.]+)$/gm)].map((match) => Number(match[2]));
    assert.equal(losses.length, 5, run.stdout);
    assert.ok((losses.at(0) ?? 0) > 0.1, run.stdout);
    assert.ok((losses.at(-1) ?? 1) < 0.02, run.stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
