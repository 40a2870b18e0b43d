// What checkpoints take on this machine, counted from the files themselves.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readDiskUsage } from '../../services/cli/read-disk-usage.ts';
import { loadConfig } from '../../services/config/index.ts';

test('checkpoints of the store and of the caches are counted, and nothing is made', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'disk-usage-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const config = loadConfig({ dir });
  const numbers = async (): Promise<unknown> =>
    (await readDiskUsage(config)).map(({ what, files, bytes }) => [what, files, bytes]);
  assert.deepEqual(await numbers(), [['artifacts', 0, 0]]);
  assert.equal(existsSync(join(config.stateDir, 'artifacts')), false);
  const write = (path: readonly string[], bytes: number): void => {
    mkdirSync(join(config.stateDir, ...path.slice(0, -1)), { recursive: true });
    writeFileSync(join(config.stateDir, ...path), Buffer.alloc(bytes));
  };
  write(['artifacts', 'checkpoints', 'a', '1.safetensors'], 10);
  write(['artifacts', 'checkpoints', 'b', '2.safetensors'], 20);
  write(['artifacts', '.lsweep-store.json'], 2);
  write(['nodes', 'gpu-worker', 'cache', 'x.safetensors'], 5);
  assert.deepEqual(await numbers(), [
    ['artifacts', 2, 30],
    ['cache of gpu-worker', 1, 5],
  ]);
});
