import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { batchesInFlight, cellsPerBatch, checkSettings, sharesOfWidth } from '../../workflows/contract.ts';
import { ATTEMPT_FAILURES, RETRY_POLICIES } from '../../workflows/domain/errors.ts';
import { nextRetry } from '../../workflows/domain/retry.ts';

test('the shares of a width add up to it and differ by at most one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 1, max: 20 }), (width, batches) => {
      const shares = sharesOfWidth(width, batches).map(Number);
      assert.equal(shares.length, batches);
      assert.equal(
        shares.reduce((sum, share) => sum + share, 0),
        width,
      );
      assert.ok(Math.max(...shares) - Math.min(...shares) <= 1);
    }),
  );
  assert.deepEqual(sharesOfWidth(null, 2), [null, null]);
});

test('with a width no batch in flight is without a share', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 1, max: 250 }), (width, size) => {
      const shares = sharesOfWidth(width, batchesInFlight(width, 8, size));
      assert.ok(shares.every((share) => share !== null && share >= 1));
    }),
  );
});

test('batches in flight hold more cells than there are slots, so that no slot waits for the tail of one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 1, max: 250 }), (slots, size) => {
      assert.ok((batchesInFlight(null, slots, size) - 1) * size >= slots);
    }),
  );
});

test('a batch never has more cells than asked for, and fewer the more phases a trial has', () => {
  assert.equal(cellsPerBatch(250, 1), 250);
  assert.ok(cellsPerBatch(250, 2) > 200);
  assert.ok(cellsPerBatch(250, 5) < cellsPerBatch(250, 3));
  assert.equal(cellsPerBatch(10, 3), 10);
  assert.equal(cellsPerBatch(250, 10_000), 1);
});

test('settings out of range are refused with key, value and what is allowed', () => {
  const good = { priority: 3, weight: 1, width: null };
  checkSettings(good);
  assert.throws(
    () => checkSettings({ ...good, priority: 0 }),
    /SPEC_INVALID: priority is 0; allowed are whole numbers from 1/,
  );
  assert.throws(() => checkSettings({ ...good, weight: 0 }), /weight is 0/);
  assert.throws(() => checkSettings({ ...good, weight: Number.NaN }), /weight is NaN/);
  assert.throws(() => checkSettings({ ...good, width: 1.5 }), /width is 1.5/);
});

test('each failure class is tried as often as its policy says, with growing bounded waits', () => {
  for (const failure of ATTEMPT_FAILURES) {
    const { maxAttempts, maxBackoffMs } = RETRY_POLICIES[failure];
    let before = 0;
    for (let attempts = 1; attempts < Math.min(maxAttempts, 40); attempts++) {
      const decision = nextRetry(failure, attempts);
      assert.ok(decision.retry && decision.delayMs >= before && decision.delayMs <= maxBackoffMs, failure);
      before = decision.delayMs;
    }
    assert.deepEqual(nextRetry(failure, maxAttempts), { retry: false });
  }
});
