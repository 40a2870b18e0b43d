// Every committed probe through the engine, judged against answers of independent float64 computations: the public ones by the limits of
// their format, our own by tighter ones.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runProbe } from '../../services/trainer/probe/index.ts';
import { compareProbe, type Limits, OWN_LIMITS, PUBLIC_LIMITS } from './compare-probe.ts';
import { runExtended } from './run-extended.ts';

const PUBLIC = join(import.meta.dirname, 'probes');
const OWN = join(import.meta.dirname, 'pytorch/fixtures/probes');
const EXTENDED = join(import.meta.dirname, 'pytorch/fixtures/extended');

function answers(folder: string, name: string, limits: Limits, run = runProbe): void {
  test(`probe ${name}`, () => {
    const out = mkdtempSync(join(tmpdir(), 'lsweep-probe-'));
    try {
      run(join(folder, name), out);
      compareProbe(join(folder, name), out, limits);
    } finally {
      rmSync(out, { recursive: true });
    }
  });
}

describe('the engine agrees with an outside computation', () => {
  const names = readdirSync(PUBLIC);
  test('all nineteen public probes are here', () => assert.equal(names.length, 19));
  for (const name of names) answers(PUBLIC, name, PUBLIC_LIMITS);
});

describe('the engine agrees with PyTorch', () => {
  const names = readdirSync(OWN);
  test('every family, objective and system has a probe', () => {
    const corpus = ['continued_pretraining', 'soft_embeddings', 'pause', 'liu', 'h1', 'h2', 'h1_h2'];
    const curriculum = ['cot', 'no_cot', 'without_thought', 'coconut', ...corpus.slice(1)];
    const wanted = ['gpt2', 'qwen3'].flatMap((family) => [
      ...corpus.map((system) => [family, 'corpus', system]),
      ...curriculum.map((system) => [family, 'curriculum', system]),
      ...[...curriculum, 'continued_pretraining'].map((system) => [family, 'generate', system]),
    ]);
    const found = names.map((name) => name.split('-').slice(0, 3));
    assert.deepEqual([...new Set(found.map(String))].sort(), wanted.map(String).sort());
  });
  for (const name of names) answers(OWN, name, OWN_LIMITS);
});

describe('beyond the probe format the engine agrees with PyTorch', () => {
  const names = readdirSync(EXTENDED);
  test('bottlenecks, doubled depth, heads of their own, accumulation, schedules and resets are here', () => {
    for (const part of [
      'rank',
      'soft_2x',
      'untied',
      'microbatch',
      'linear',
      'cosine',
      'reset',
      'top',
      'bottom',
      'every',
    ]) {
      assert.ok(
        names.some((name) => name.includes(part)),
        part,
      );
    }
  });
  for (const name of names) answers(EXTENDED, name, OWN_LIMITS, runExtended);
});
