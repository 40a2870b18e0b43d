// The verdict of a chaos run fails for every single thing that did not hold, so that a passing run means something.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChaosOptions, ChaosOutcome } from '../chaos/run-chaos.ts';
import { STEPS_PER_SEGMENT } from '../chaos/sweep-file.ts';
import { faultsOf } from '../chaos/verdict.ts';

const OPTIONS: ChaosOptions = {
  nodes: 4,
  slotsPerNode: 2,
  replicas: 2,
  seed: 1,
  cells: 10,
  chaosSeconds: 60,
  everySeconds: 5,
  trialSeconds: 10,
  segmentSeconds: 5,
  drainSeconds: 60,
  say: () => undefined,
};
const GOOD: ChaosOutcome = {
  injections: [],
  comparison: {
    cells: 10,
    finishedCells: 10,
    rowsExpected: 400,
    rowsEqual: 400,
    rowsDifferent: 0,
    rowsMissing: 0,
    rowsExtra: 0,
    weightsDifferent: 0,
    finishedTwice: 0,
    open: 0,
  },
  lost: { brokenAttempts: 3, stepsDone: 230, stepsLost: 12, mostStepsLost: STEPS_PER_SEGMENT, rowsSuperseded: 0 },
  usableSlots: 8,
  longestHistory: 1_000,
  zombies: [],
  orphans: [],
  leaked: [],
  restarts: 3,
  quarantines: 0,
  openSeconds: 20,
  sweepSeconds: 70,
  afterChaosSeconds: 10,
};
const PROCESS = { pid: 7, parent: 1, isZombie: true, command: 'node' };

test('a run in which everything held has no faults', () => {
  assert.deepEqual(faultsOf(OPTIONS, GOOD), []);
});

test('each thing that did not hold is one fault', () => {
  const { comparison, lost } = GOOD;
  const broken: readonly Partial<ChaosOutcome>[] = [
    { comparison: { ...comparison, cells: 9 } },
    { comparison: { ...comparison, finishedCells: 9 } },
    { comparison: { ...comparison, rowsDifferent: 1 } },
    { comparison: { ...comparison, rowsMissing: 1 } },
    { comparison: { ...comparison, rowsExtra: 1 } },
    { comparison: { ...comparison, rowsEqual: 0 } },
    { comparison: { ...comparison, weightsDifferent: 1 } },
    { comparison: { ...comparison, finishedTwice: 1 } },
    { comparison: { ...comparison, open: 1 } },
    { lost: { ...lost, mostStepsLost: STEPS_PER_SEGMENT + 1 } },
    { usableSlots: 7 },
    { longestHistory: 4_096 },
    { zombies: [PROCESS] },
    { orphans: [PROCESS] },
    { leaked: [PROCESS] },
  ];
  for (const one of broken) assert.equal(faultsOf(OPTIONS, { ...GOOD, ...one }).length, 1, JSON.stringify(one));
});
