// Measures how far a probe's answer is from the expected one, which comes from an independent float64 computation, and judges it:
// the public probes by section 10 of the probe format, our own by tighter limits.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readSafetensors } from '../../services/tensor/safetensors/index.ts';

/**
 * What is measured, each relative: losses and norms to themselves, tensors to their largest entry; weights after the last step also to
 * what the steps can move them at most (`update`). Weights count where their gradient is clear of rounding noise.
 */
const MEASURES = ['loss', 'gradNorm', 'logits', 'gradient', 'weights', 'update'] as const;
export type Measure = (typeof MEASURES)[number];
export type Limits = Readonly<Record<Measure, number>>;

/** Section 10, which has no limit for weights but by their updates. */
export const PUBLIC_LIMITS: Limits = {
  loss: 1e-4,
  gradNorm: 1e-3,
  logits: 1e-4,
  gradient: 2e-3,
  weights: Number.POSITIVE_INFINITY,
  update: 5e-3,
};
export const OWN_LIMITS: Limits = {
  loss: 2e-5,
  gradNorm: 2e-4,
  logits: 2e-5,
  gradient: 2e-4,
  weights: 2e-4,
  update: 5e-3,
};

/** A gradient clear of rounding noise: its update is decided by its value, not by its last bits. */
const CLEAR_OF_NOISE = 1e-3;
const FLOAT32_ROUNDING = 2 ** -23;

export interface Deviation {
  readonly error: number;
  readonly where: string;
}
export type Deviations = Readonly<Record<Measure, Deviation>>;

const trainResult = z.object({
  losses: z.array(z.number()),
  grad_norms: z.array(z.number()),
  targets: z.array(z.number()),
  trained: z.array(z.string()),
  /** Unweighted, by kind of objective. */
  terms: z.record(z.string(), z.array(z.number())).optional(),
});
const generateResult = z.object({ generated: z.array(z.array(z.number())) });
const probeHead = z.object({
  mode: z.enum(['train', 'generate']),
  optimizer: z.object({ lr: z.number() }).optional(),
  /** Of cases beyond the probe format. */
  extra: z.object({ learning_rates: z.record(z.string(), z.number()).optional() }).optional(),
});

type Tensors = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

/** @throws AssertionError naming the first number that is beyond its limit */
export function compareProbe(probeFolder: string, answerFolder: string, limits: Limits = PUBLIC_LIMITS): void {
  judge(measureProbe(probeFolder, answerFolder), limits);
}

/** @throws AssertionError naming the first number that is beyond its limit */
export function judge(deviations: Deviations, limits: Limits): void {
  for (const measure of MEASURES) {
    const { error, where } = deviations[measure];
    assert.ok(error <= limits[measure], `${where} is off by ${error}; allowed for ${measure} is ${limits[measure]}`);
  }
}

/**
 * The largest relative error of each measure; zeros for a generation, whose ids are equal or not.
 * @throws AssertionError for what is equal or wrong: names, shapes, target counts, generated ids
 */
export function measureProbe(probeFolder: string, answerFolder: string): Deviations {
  const probe = probeHead.parse(readJson(probeFolder, 'probe.json'));
  const expectedFolder = join(probeFolder, 'expected');
  const worst = new Worst();
  if (probe.mode === 'generate') {
    const [expected, actual] = [expectedFolder, answerFolder].map((folder) =>
      generateResult.parse(readJson(folder, 'result.json')),
    );
    assert.deepEqual(actual?.generated, expected?.generated);
    return worst.deviations();
  }
  const expected = trainResult.parse(readJson(expectedFolder, 'result.json'));
  const actual = trainResult.parse(readJson(answerFolder, 'result.json'));
  assert.deepEqual(actual.targets, expected.targets);
  assert.deepEqual([...actual.trained].sort(), [...expected.trained].sort());
  worst.series('loss', actual.losses, expected.losses);
  worst.series('gradNorm', actual.grad_norms, expected.grad_norms);
  assert.deepEqual(Object.keys(actual.terms ?? {}).sort(), Object.keys(expected.terms ?? {}).sort());
  for (const [kind, values] of Object.entries(expected.terms ?? {}))
    worst.series('loss', actual.terms?.[kind] ?? [], values);
  const before = readSafetensors(join(probeFolder, 'weights.safetensors')).tensors;
  const want = readSafetensors(join(expectedFolder, 'tensors.safetensors')).tensors;
  const have = readSafetensors(join(answerFolder, 'tensors.safetensors')).tensors;
  assert.deepEqual([...have.keys()].sort(), [...want.keys()].sort());
  const rates = Object.values(probe.extra?.learning_rates ?? {});
  const largestUpdate =
    expected.losses.length * Math.max(...(rates.length > 0 ? rates : [probe.optimizer?.lr ?? Number.NaN]));
  for (const [name, { shape, data }] of want) {
    const own = have.get(name);
    assert.ok(own);
    assert.deepEqual(own.shape, shape, `shape of ${name}`);
    if (name === 'logits') worst.tensor('logits', name, own.data, data);
    else if (name.startsWith('grad.')) worst.tensor('gradient', name, own.data, data);
    else measureUpdated(worst, name, own.data, data, want, before, largestUpdate);
  }
  return worst.deviations();
}

/** Weights whose first gradient is clear of noise; elsewhere Adam's normalisation makes a step of what is none. */
function measureUpdated(
  worst: Worst,
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
  const [largest, largestWeight] = [largestOf(gradient), largestOf(want)];
  let compared = 0;
  want.forEach((value, i) => {
    if (!(Math.abs(gradient[i] ?? 0) > CLEAR_OF_NOISE * largest)) return;
    compared++;
    const rounding = 4 * FLOAT32_ROUNDING * Math.max(Math.abs(value), Math.abs(start[i] ?? 0));
    const off = Math.abs((have[i] ?? Number.NaN) - value);
    worst.take('weights', name, relative(off, largestWeight));
    worst.take('update', `${name}[${i}]`, off <= rounding ? 0 : (off - rounding) / largestUpdate);
  });
  assert.ok(compared > 0 || largest === 0, `${name}: nothing was compared`);
}

/** The worst error so far of every measure; NaN is worse than any number. */
class Worst {
  readonly #found = new Map<Measure, Deviation>();

  take(measure: Measure, where: string, error: number): void {
    if (!(error <= (this.#found.get(measure)?.error ?? 0))) this.#found.set(measure, { error, where });
  }

  series(measure: Measure, have: readonly number[], want: readonly number[]): void {
    assert.equal(have.length, want.length, measure);
    want.forEach((value, i) => {
      this.take(measure, `${measure}[${i}]`, relative(Math.abs((have[i] ?? Number.NaN) - value), Math.abs(value)));
    });
  }

  tensor(measure: Measure, name: string, have: Float32Array, want: Float32Array): void {
    assert.equal(have.length, want.length);
    const largest = largestOf(want);
    want.forEach((value, i) => {
      this.take(measure, name, relative(Math.abs((have[i] ?? Number.NaN) - value), largest));
    });
  }

  deviations(): Deviations {
    const of = (measure: Measure): Deviation => this.#found.get(measure) ?? { error: 0, where: '' };
    return {
      loss: of('loss'),
      gradNorm: of('gradNorm'),
      logits: of('logits'),
      gradient: of('gradient'),
      weights: of('weights'),
      update: of('update'),
    };
  }
}

/** Where zeros are expected, zeros are due. */
const relative = (off: number, size: number): number => (off === 0 ? 0 : off / size);

const largestOf = (data: Float32Array): number => data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function readJson(folder: string, file: string): unknown {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}
