// The three-minute form: one round of injections, so that every kind falls, on eight nodes. It wants the machine for itself: `npm test` runs it alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INJECTION_KINDS, INJECTIONS_PER_ROUND, kindOf, planInjections } from './fault-schedule.ts';
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
  // one round is injected by then, whatever gaps are drawn
  chaosSeconds: 1.5 * EVERY_SECONDS * INJECTIONS_PER_ROUND,
  everySeconds: EVERY_SECONDS,
  trialSeconds: 15,
  segmentSeconds: 5,
  drainSeconds: 420,
  say: (line) => process.stdout.write(`${line}\n`),
};

test('the plan of injections depends on its seed alone, and a round holds every kind', () => {
  const plan = { durationMs: 1_000 * INJECTIONS_PER_ROUND, everyMs: 500, nodes: 8, slotsPerNode: 2, replicas: 2 };
  const injections = planInjections({ ...plan, seed: 7 });
  assert.deepEqual(planInjections({ ...plan, seed: 7 }), injections);
  assert.notDeepEqual(planInjections({ ...plan, seed: 8 }), injections);
  assert.deepEqual(
    new Set(injections.slice(0, INJECTIONS_PER_ROUND).map(({ injection }) => kindOf(injection))),
    new Set(INJECTION_KINDS),
  );
});

test('a sweep under kills, suspensions and network faults ends with the rows of an undisturbed one', async () => {
  const outcome = await runChaos(OPTIONS);
  assert.deepEqual(faultsOf(OPTIONS, outcome), []);
  assert.deepEqual(new Set(outcome.injections.map((injection) => injection.kind)), new Set(INJECTION_KINDS));
  assert.ok(outcome.lost.brokenAttempts > 0, 'no attempt was hit');
});
