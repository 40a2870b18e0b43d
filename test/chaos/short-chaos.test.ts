// The three-minute form: one deck of blows, so that every kind falls, on eight nodes. It wants the machine for itself: `npm test` runs it alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLOW_KINDS, BLOWS_PER_DECK, kindOf, planBlows } from './blows.ts';
import { type ChaosOptions, runChaos } from './run-chaos.ts';
import { faultsOf } from './verdict.ts';

const EVERY_SECONDS = 3.3;
const SEED = Number(process.env['LSWEEP_TEST_SEED'] ?? 1);

const OPTIONS: ChaosOptions = {
  seed: SEED,
  nodes: 8,
  slotsPerNode: 2,
  replicas: 2,
  cells: 80,
  // one deck is dealt by then, whatever gaps are drawn
  chaosSeconds: 1.5 * EVERY_SECONDS * BLOWS_PER_DECK,
  everySeconds: EVERY_SECONDS,
  trialSeconds: 15,
  segmentSeconds: 5,
  drainSeconds: 420,
  say: (line) => process.stdout.write(`${line}\n`),
};

test('the plan of blows depends on its seed alone, and a deck holds every kind', () => {
  const plan = { durationMs: 1_000 * BLOWS_PER_DECK, everyMs: 500, nodes: 8, slotsPerNode: 2, replicas: 2 };
  const blows = planBlows({ ...plan, seed: 7 });
  assert.deepEqual(planBlows({ ...plan, seed: 7 }), blows);
  assert.notDeepEqual(planBlows({ ...plan, seed: 8 }), blows);
  assert.deepEqual(new Set(blows.slice(0, BLOWS_PER_DECK).map(({ blow }) => kindOf(blow))), new Set(BLOW_KINDS));
});

test('a sweep under kills, suspensions and network faults ends with the rows of an undisturbed one', async () => {
  const outcome = await runChaos(OPTIONS);
  assert.deepEqual(faultsOf(OPTIONS, outcome), []);
  assert.deepEqual(new Set(outcome.blows.map((blow) => blow.kind)), new Set(BLOW_KINDS));
  assert.ok(outcome.lost.brokenAttempts > 0, 'no attempt was hit');
});
