// Calls that Temporal cannot serve at the moment are repeated with patience; then they end as TEMPORAL_UNREACHABLE in one sentence.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '@temporalio/client';
import { patiently } from '../../services/orchestrator/patience.ts';
import { asTemporalError } from '../../services/orchestrator/temporal-errors.ts';

function ofStatus(code: number, details: string): ServiceError {
  return new ServiceError('Update-With-Start failed', { cause: Object.assign(new Error(details), { code, details }) });
}

/** @param failures answers before the good one */
async function call(failures: readonly Error[]) {
  const waits: number[] = [];
  let tries = 0;
  const outcome = await patiently(
    async () => {
      const failure = failures[tries++];
      await Promise.resolve();
      if (failure !== undefined) throw failure;
      return 'done';
    },
    async (ms) => waits.push(ms),
  ).catch((error: unknown) => error);
  return { outcome, waits, tries };
}

test('a call that meets an orchestrator that restarts succeeds when it is back', async () => {
  const raced = ofStatus(9, 'Update-with-Start could not be executed');
  const { outcome, waits } = await call([raced, ofStatus(14, 'connection dropped'), raced]);
  assert.equal(outcome, 'done');
  assert.equal(waits.length, 3);
  assert.deepEqual(
    waits,
    waits.toSorted((a, b) => a - b),
  );
});

test('patience ends, with one sentence', async () => {
  const { outcome, waits, tries } = await call(Array.from({ length: 99 }, () => ofStatus(9, 'no worker polls')));
  assert.equal(tries, waits.length + 1);
  const told = asTemporalError(outcome, 'here:7233');
  assert.equal(told?.code, 'TEMPORAL_UNREACHABLE');
  assert.match(told.message, /^[^\n]*here:7233[^\n]*FAILED_PRECONDITION: no worker polls\)$/);
});

test('what does not pass, and what took its whole time already, is not repeated', async () => {
  for (const status of [3, 4, 7, 12, 16]) {
    const { tries } = await call([ofStatus(status, 'no')]);
    assert.equal(tries, 1, `status ${status}`);
  }
});
