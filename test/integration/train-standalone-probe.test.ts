// `lsweep trainer probe` as others call it: a command with two folders, an exit code, errors with a code on stderr.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { compareProbe, PUBLIC_LIMITS } from '../parity/compare-probe.ts';
import { runCli } from '../unit/cli-child.ts';

const PROBE = join(import.meta.dirname, '..', 'parity', 'probes', 'gpt2-corpus-h2');

const cwd = mkdtempSync(join(tmpdir(), 'lsweep-probe-'));
after(() => rmSync(cwd, { recursive: true }));

test('a probe is answered as expected, from any folder', async () => {
  mkdirSync(join(cwd, 'out'));
  const { code, stderr } = await runCli(['trainer', 'probe', PROBE, 'out'], { cwd });
  assert.equal(code, 0, stderr);
  compareProbe(PROBE, join(cwd, 'out'), PUBLIC_LIMITS);
});

test('a bad probe ends with 2, its key named, and leaves nothing behind', async () => {
  cpSync(PROBE, join(cwd, 'bad'), { recursive: true });
  const file = join(cwd, 'bad', 'probe.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"latents"', '"latent"'));
  mkdirSync(join(cwd, 'empty'));
  const { code, stderr } = await runCli(['trainer', 'probe', 'bad', 'empty'], { cwd });
  assert.equal(code, 2);
  assert.match(stderr, /^[A-Z_]+: .*latent/);
  assert.deepEqual(readdirSync(join(cwd, 'empty')), []);
});

test('a probe without weights and an answer folder that does not exist end with 2', async () => {
  cpSync(PROBE, join(cwd, 'bare'), { recursive: true });
  rmSync(join(cwd, 'bare', 'weights.safetensors'));
  mkdirSync(join(cwd, 'free'));
  const [bare, nowhere] = await Promise.all([
    runCli(['trainer', 'probe', 'bare', 'free'], { cwd }),
    runCli(['trainer', 'probe', PROBE, 'nowhere'], { cwd }),
  ]);
  assert.deepEqual([bare.code, nowhere.code], [2, 2]);
  assert.match(bare.stderr, /^DATA_MISSING: .*weights\.safetensors/);
  assert.match(nowhere.stderr, /^CONFIG_INVALID: OUT/);
});
