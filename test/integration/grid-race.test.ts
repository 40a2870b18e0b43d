// The grid race of test/bench in small: the orchestrator is killed while the nodes go on, and every cell runs exactly once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runRace } from '../bench/race/run-race.ts';

test('forty cells run exactly once although the orchestrator is killed among them', { timeout: 600_000 }, async () => {
  const row = await runRace({
    cells: 40,
    slots: 8,
    kills: 1,
    seed: 1,
    trainer: 'simulate-inside',
    waitingPlaces: 24,
  });
  const { done_exactly_once, done_more_than_once, never_done, wasted_executions, unreported } = row;
  assert.deepEqual(
    { done_exactly_once, done_more_than_once, never_done, wasted_executions, unreported },
    { done_exactly_once: 40, done_more_than_once: 0, never_done: 0, wasted_executions: 0, unreported: 0 },
  );
});
