import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { patienceFor, StepPace } from '../../services/gpu-worker/step-pace.ts';
import { tiny } from './trainer-child.ts';

const limits = { stallMs: 60_000, firstStepMs: 600_000 };

test('until a step has been measured the patience is that of a first step', () => {
  const pace = new StepPace(limits);
  assert.equal(pace.limitMs, 600_000);
  pace.advance(0, 5);
  pace.advance(1, 400_000);
  assert.equal(pace.limitMs, 600_000, 'the first step says nothing about the next: graphs were compiled');
  pace.advance(2, 100);
  assert.equal(pace.limitMs, 60_000);
});

test('long evaluation batches make a long patience, ten times the slowest', () => {
  const pace = new StepPace(limits);
  for (const [step, tookMs] of [
    [0, 1],
    [1, 90_000],
    [2, 120_000],
    [3, 80_000],
  ] as const)
    pace.advance(step, tookMs);
  assert.equal(pace.limitMs, 1_200_000);
});

test('the same step told again is no progress, and the patience never falls below the least', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(200_000)), { maxLength: 40 }), (told) => {
      const pace = new StepPace(limits);
      let highest = -1;
      for (const [step, tookMs] of told) {
        assert.equal(pace.advance(step, tookMs), step > highest);
        highest = Math.max(highest, step);
        assert.ok(pace.limitMs >= limits.stallMs);
      }
    }),
  );
});

test('a phase that validates between its steps has the patience of a first step for all of them', () => {
  const train = { stepsPerStage: 4, batch: 4, lr: 1e-3 };
  const select = { every: 2, items: 4, maxNewTokens: 8 };
  assert.deepEqual(patienceFor(tiny.finetune({ train }), limits), limits);
  const validating = tiny.finetune({ train: { ...train, select } });
  assert.deepEqual(patienceFor(validating, limits), { stallMs: 600_000, firstStepMs: 600_000 });
  assert.deepEqual(patienceFor(tiny.evaluate(), limits), limits);
});
