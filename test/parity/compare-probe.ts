// Compares a probe's answer with the expected one at the tolerances of the probe format (section 10). The expected side comes from an
// independent float64 computation.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readSafetensors } from '../../services/trainer/safetensors/index.ts';

const LOSS = 1e-4;
const GRAD_NORM = 1e-3;
const LOGITS = 1e-4;
const GRADIENT = 2e-3;
const UPDATED = 5e-3;
/** A gradient clear of rounding noise: its update is decided by its value, not by its last bits. */
const CLEAR_OF_NOISE = 1e-3;
const FLOAT32_ROUNDING = 2 ** -23;

const trainResult = z.object({
  losses: z.array(z.number()),
  grad_norms: z.array(z.number()),
  targets: z.array(z.number()),
  trained: z.array(z.string()),
});
const generateResult = z.object({ generated: z.array(z.array(z.number())) });
const probeHead = z.object({ mode: z.enum(['train', 'generate']), optimizer: z.object({ lr: z.number() }).optional() });

type Tensors = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

/** @throws AssertionError naming the first number that is off */
export function compareProbe(probeFolder: string, answerFolder: string): void {
  const probe = probeHead.parse(readJson(probeFolder, 'probe.json'));
  const expectedFolder = join(probeFolder, 'expected');
  if (probe.mode === 'generate') {
    const [expected, actual] = [expectedFolder, answerFolder].map((folder) =>
      generateResult.parse(readJson(folder, 'result.json')),
    );
    assert.deepEqual(actual?.generated, expected?.generated);
    return;
  }
  const expected = trainResult.parse(readJson(expectedFolder, 'result.json'));
  const actual = trainResult.parse(readJson(answerFolder, 'result.json'));
  assert.deepEqual(actual.targets, expected.targets);
  assert.deepEqual([...actual.trained].sort(), [...expected.trained].sort());
  closeRelative('loss', actual.losses, expected.losses, LOSS);
  closeRelative('grad_norm', actual.grad_norms, expected.grad_norms, GRAD_NORM);
  const before = readSafetensors(join(probeFolder, 'weights.safetensors')).tensors;
  const want = readSafetensors(join(expectedFolder, 'tensors.safetensors')).tensors;
  const have = readSafetensors(join(answerFolder, 'tensors.safetensors')).tensors;
  compareTensors(have, want, before, expected.losses.length * (probe.optimizer?.lr ?? Number.NaN));
}

function compareTensors(have: Tensors, want: Tensors, before: Tensors, largestUpdate: number): void {
  assert.deepEqual([...have.keys()].sort(), [...want.keys()].sort());
  for (const [name, { shape, data }] of want) {
    const own = have.get(name);
    assert.ok(own);
    assert.deepEqual(own.shape, shape, `shape of ${name}`);
    if (name.startsWith('after.')) {
      compareUpdated(name, own.data, data, want, before, largestUpdate);
      continue;
    }
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const off = largestDifference(own.data, data);
    assert.ok(off <= (name === 'logits' ? LOGITS : GRADIENT) * largest, `${name} is off by ${off} of ${largest}`);
  }
}

/** Weights whose first gradient is clear of noise, to a part of what the steps can move them at most, beyond fp32 rounding. */
function compareUpdated(
  name: string,
  have: Float32Array,
  want: Float32Array,
  all: Tensors,
  before: Tensors,
  largestUpdate: number,
): void {
  const bare = name.slice('after.'.length);
  const gradient = all.get(`grad.${bare}`)?.data ?? new Float32Array();
  const start = before.get(bare)?.data ?? new Float32Array();
  const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let compared = 0;
  want.forEach((value, i) => {
    if (!(Math.abs(gradient[i] ?? 0) > CLEAR_OF_NOISE * largest)) return;
    compared++;
    const rounding = 4 * FLOAT32_ROUNDING * Math.max(Math.abs(value), Math.abs(start[i] ?? 0));
    const off = Math.abs((have[i] ?? Number.NaN) - value);
    assert.ok(
      off <= UPDATED * largestUpdate + rounding,
      `${name}[${i}] is off by ${off}, updates reach ${largestUpdate}`,
    );
  });
  assert.ok(compared > 0 || largest === 0, `${name}: nothing was compared`);
}

function closeRelative(what: string, have: readonly number[], want: readonly number[], tolerance: number): void {
  assert.equal(have.length, want.length, what);
  want.forEach((value, i) => {
    const off = Math.abs((have[i] ?? Number.NaN) - value) / Math.abs(value);
    assert.ok(off <= tolerance, `${what}[${i}] is ${have[i]}, expected ${value}`);
  });
}

function largestDifference(have: Float32Array, want: Float32Array): number {
  assert.equal(have.length, want.length);
  let most = 0;
  want.forEach((value, i) => {
    const off = Math.abs((have[i] ?? Number.NaN) - value);
    // NaN compares false with everything: let it win
    if (!(off <= most)) most = off;
  });
  return most;
}

function readJson(folder: string, file: string): unknown {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}
