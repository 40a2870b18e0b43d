// Pure decisions about failures: budgets of a sweep, what a retry does otherwise, sick nodes, and the place of a phase.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  chooseNode,
  requirementsText,
  type SlotRequirements,
  satisfies,
} from '../../services/orchestrator/fleet/placement.ts';
import { type AttemptOverrides, nextOverrides } from '../../workflows/domain/attempt-overrides.ts';
import { judgeNode, maySuspectNode, type NodeOutcome } from '../../workflows/domain/node-health.ts';
import { retriesSchema, retryPolicy } from '../../workflows/domain/retries.ts';
import { nextRetry } from '../../workflows/domain/retry.ts';
import { placeInQueue } from '../../workflows/phase-run.ts';

const finetune = (batch: number, microbatch: number | null): unknown => ({
  kind: 'finetune',
  train: { batch, microbatch },
});

test('running out of memory halves down to one and the effective batch is never touched', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 512 }), fc.option(fc.integer({ min: 1, max: 512 })), (batch, microbatch) => {
      let overrides: AttemptOverrides = {};
      let before = Math.min(batch, microbatch ?? batch);
      for (let tries = 0; tries < 12; tries++) {
        const next = nextOverrides(finetune(batch, microbatch), { failure: 'out_of_memory', overrides }, 'fail');
        if (before === 1) {
          assert.deepEqual(next, { overrides, decision: null });
          return;
        }
        assert.deepEqual(next.overrides, { ...overrides, microbatch: Math.ceil(before / 2) });
        overrides = next.overrides;
        before = overrides.microbatch ?? 0;
      }
      assert.equal(before, 1);
    }),
  );
});

test('what was changed stays changed, whatever the next attempts end with', () => {
  const changed = { microbatch: 4, dataOrder: 1, rateFactor: 0.5 };
  for (const failure of ['node_lost', 'worker_crash', 'timeout', null] as const)
    assert.deepEqual(nextOverrides(finetune(8, null), { failure, overrides: changed }, 'reorder').overrides, changed);
  assert.deepEqual(
    nextOverrides({ kind: 'evaluate' }, { failure: 'out_of_memory', overrides: {} }, 'fail').overrides,
    {},
  );
  assert.deepEqual(nextOverrides(finetune(8, null), { failure: 'nan_loss', overrides: {} }, 'fail').overrides, {});
});

test('budgets of a sweep replace the usual ones; what no repetition mends cannot be given one', () => {
  const retries = retriesSchema.parse({ worker_crash: { attempts: 2, backoffMs: 100 }, onNan: 'reorder' });
  assert.deepEqual(nextRetry('worker_crash', 1, retries), { retry: true, delayMs: 100 });
  assert.deepEqual(nextRetry('worker_crash', 2, retries), { retry: false });
  assert.equal(retryPolicy('nan_loss', retries).maxAttempts, 3);
  assert.equal(retryPolicy('nan_loss').maxAttempts, 1);
  assert.throws(() => retriesSchema.parse({ bad_config: { attempts: 3 } }));
  assert.deepEqual(nextRetry('worker_crash', 0, { worker_crash: { attempts: 1 } }).retry, true, 'a forgiven failure');
});

const outcome = (phaseId: number, failed: boolean, wentOnElsewhere = failed): NodeOutcome => ({
  ...{ phaseId, failure: failed ? 'worker_crash' : null, wentOnElsewhere, sinceQuarantine: false },
});

test('a node is sick when three phases that failed on it went on elsewhere and fewer finished on it', () => {
  assert.equal(
    judgeNode(
      false,
      [1, 2, 3].map((id) => outcome(id, true)),
    ).kind,
    'quarantine',
  );
  assert.equal(
    judgeNode(
      false,
      [1, 2, 2].map((id) => outcome(id, true)),
    ).kind,
    'unchanged',
    'two phases',
  );
  const mixed = [1, 2, 3, 4, 5, 6].map((id) => outcome(id, id % 2 === 0));
  assert.equal(judgeNode(false, mixed).kind, 'unchanged', 'as many finish');
  const everywhere = [1, 2, 3, 4].map((id) => outcome(id, true, false));
  assert.equal(judgeNode(false, everywhere).kind, 'unchanged', 'the phases are at fault');
});

test('a node that cannot start a trainer is sick whatever happens elsewhere, until it has started one', () => {
  const start = (phaseId: number): NodeOutcome => ({ ...outcome(phaseId, true, false), failure: 'trainer_start' });
  assert.deepEqual(judgeNode(false, [start(1), start(1), start(2)]), {
    kind: 'quarantine',
    reason: 'no trainer could be started for its last 3 attempts',
  });
  assert.equal(judgeNode(false, [start(1), start(2)]).kind, 'unchanged', 'two may be bad luck');
  assert.equal(judgeNode(false, [start(1), start(2), outcome(3, false), start(4)]).kind, 'unchanged');
  assert.equal(judgeNode(true, [{ ...start(1), sinceQuarantine: true }]).kind, 'extend');
  assert.ok(maySuspectNode('trainer_start'), 'its failures are forgiven when it is put into quarantine');
  assert.deepEqual(nextRetry('trainer_start', 99), { retry: true, delayMs: 60_000 });
});

test('in quarantine only the canary counts', () => {
  const before = [1, 2, 3].map((id) => outcome(id, true));
  assert.equal(judgeNode(true, before).kind, 'unchanged');
  assert.equal(judgeNode(true, [{ ...outcome(9, false), sinceQuarantine: true }, ...before]).kind, 'readmit');
  assert.equal(judgeNode(true, [{ ...outcome(9, true), sinceQuarantine: true }, ...before]).kind, 'extend');
});

const want: SlotRequirements = { device: 'any', memoryBytes: 0, prefer: [], avoid: [] };

test('a slot fits by device and memory; one whose memory is not known fits', () => {
  assert.ok(satisfies({ ...want, memoryBytes: 5 }, { device: 'cpu', memoryBytes: 0 }));
  assert.ok(!satisfies({ ...want, memoryBytes: 5 }, { device: 'cpu', memoryBytes: 4 }));
  assert.ok(!satisfies({ ...want, device: 'cuda' }, { device: 'cpu', memoryBytes: 0 }));
  assert.ok(!satisfies(want, { device: 'simulate', memoryBytes: 0 }), 'training never lands on a simulated slot');
  assert.equal(requirementsText({ ...want, device: 'cuda', memoryBytes: 12e9 }), 'a cuda slot with at least 12.0 GB');
});

test('a phase never returns to where it failed while another node could have it, and always finds the last one', () => {
  const nodes = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 });
  fc.assert(
    fc.property(nodes, fc.subarray(['a', 'b', 'c', 'd']), fc.subarray(['a', 'b', 'c', 'd']), (fitting, avoid, free) => {
      const candidates = fitting.filter((one) => free.includes(one)).map((nodeId) => ({ nodeId, freeSlots: 1 }));
      const choice = chooseNode({ ...want, avoid }, candidates, fitting);
      const others = fitting.filter((one) => !avoid.includes(one));
      if (choice === null)
        assert.ok(
          candidates.every((one) => avoid.includes(one.nodeId)) && (others.length > 0 || candidates.length === 0),
        );
      else assert.ok(others.length === 0 || !avoid.includes(choice.nodeId));
    }),
  );
});

test('every turn of a sweep has its priority; a retry, or the last phase of a trial, only passes its own backlog', () => {
  for (const priority of [1, 3, 5]) {
    const sweep = { sweep: 'a', priority, weight: 2 };
    assert.deepEqual(placeInQueue(sweep, false), { priorityKey: priority, fairnessKey: 'a', fairnessWeight: 2 });
    assert.deepEqual(placeInQueue(sweep, true), { priorityKey: priority, fairnessKey: 'a+', fairnessWeight: 200 });
  }
  const longest = placeInQueue({ sweep: 'x'.repeat(63), priority: 3, weight: 1_000 }, true);
  assert.ok(longest.fairnessKey.length <= 64 && longest.fairnessWeight <= 1_000, 'what Temporal takes');
});
