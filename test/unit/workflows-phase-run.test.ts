import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { readOutcome } from '../../workflows/phase-run.ts';
import { sharePhases, shareRuns } from '../../workflows/trial.ts';

test('a dead orchestrator, a missing slot and a passed claim are no failures of the phase', () => {
  assert.equal(readOutcome(new TimeoutFailure('heartbeat', undefined, 'HEARTBEAT')).kind, 'later');
  assert.equal(readOutcome(ApplicationFailure.nonRetryable('none', 'NO_SLOT')).kind, 'later');
  assert.equal(readOutcome(ApplicationFailure.nonRetryable('newer', 'FENCED')).kind, 'later');
});

test('a failed attempt keeps its class and count', () => {
  const details = { failure: 'worker_crash', message: 'killed', attemptsOfClass: 2 };
  const outcome = readOutcome(ApplicationFailure.create({ type: 'TRAINER_CRASHED', details: [details] }));
  assert.deepEqual(outcome, { kind: 'failed', details });
});

test('a failure that no attempt reported ends the phase and is not tried for ever', () => {
  const outcome = readOutcome(ApplicationFailure.nonRetryable('no such phase', 'NOT_FOUND'));
  assert.ok(outcome.kind === 'failed' && outcome.details.attemptsOfClass === Number.POSITIVE_INFINITY);
});

test('trials of a batch share a phase, and ask anew after it failed', async () => {
  let runs = 0;
  const run = sharePhases(async () => {
    runs += 1;
    return runs === 1 ? { kind: 'failed', failure: 'nan_loss', message: 'x' } : { kind: 'finished', closed: null };
  });
  const [a, b] = await Promise.all([run('k', null, false), run('k', null, false)]);
  assert.equal(a, b);
  assert.equal(runs, 1);
  assert.deepEqual(await run('k', null, false), { kind: 'finished', closed: null });
  await run('k', null, false);
  assert.equal(runs, 2);
});

test('phases whose parent lost its weights share the run that makes them anew; who comes after it asks again', async () => {
  let runs = 0;
  const run = shareRuns(async () => {
    runs += 1;
    return { kind: 'finished', closed: null };
  });
  await Promise.all([run('k'), run('k'), run('other')]);
  assert.equal(runs, 2);
  await run('k');
  assert.equal(runs, 3);
});
