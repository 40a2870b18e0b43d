import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Segment } from '../../services/gen/latentsweep/worker/v1/worker.ts';
import {
  type AttemptRecord,
  afterSegment,
  checkCompleted,
  newRecord,
} from '../../services/orchestrator/fleet/attempt-record.ts';
import { LivePace } from '../../services/orchestrator/fleet/live-pace.ts';
import { liveProgress } from '../../services/orchestrator/fleet/live-progress.ts';
import { parsePhaseResult } from '../../workflows/domain/phase-result.ts';
import { boundedDetails, boundedMessage, RECORD_LIMITS } from '../../workflows/domain/record-limits.ts';

const segment = (fromStep: number, toStep: number, name = 'loss_nats', value = 1): Segment => {
  const steps = Array.from({ length: toStep - fromStep }, (_, i) => BigInt(fromStep + i + 1));
  const metrics = [{ name, steps, values: steps.map(() => value) }];
  return Segment.fromPartial({ fromStep: BigInt(fromStep), toStep: BigInt(toStep), metrics, deviceSeconds: 1 });
};
const refused = (work: () => void): void => assert.throws(work, { code: 'EVENT_REFUSED' });

test('however a phase is cut and wherever it resumes, its segments follow each other to its last step', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(cuts, fc.nat(5), (lengths, resumed) => {
      const totalSteps = resumed + lengths.reduce((sum, one) => sum + one, 0);
      let record = newRecord({ lastSeq: 0n, step: resumed, totalSteps });
      for (const length of lengths) {
        refused(() => checkCompleted(record, record.lastSeq + 1n));
        const next = segment(record.step, record.step + length);
        refused(() => afterSegment(record, record.lastSeq + 2n, next));
        const before: AttemptRecord = record;
        record = afterSegment(record, record.lastSeq + 1n, next);
        refused(() => afterSegment(record, before.lastSeq + 1n, next));
      }
      checkCompleted(record, record.lastSeq + 1n);
      refused(() => checkCompleted(record, record.lastSeq));
    }),
  );
});

test('a phase whose last checkpoint is its last step may be done at once', () => {
  checkCompleted(newRecord({ lastSeq: 0n, step: 7, totalSteps: 7 }), 1n);
});

test('values that are not finite are recorded, as those of a diverging run are', () => {
  const record = newRecord({ lastSeq: 0n, step: 0, totalSteps: 4 });
  for (const value of [Number.NaN, Infinity, -Infinity]) {
    assert.equal(afterSegment(record, 1n, segment(0, 2, 'grad_norm', value)).step, 2);
  }
});

test('names are counted over the segments of an attempt', () => {
  let record = newRecord({ lastSeq: 0n, step: 0, totalSteps: 2_000 });
  for (let step = 0; step < RECORD_LIMITS.metricNames; step++) {
    record = afterSegment(record, record.lastSeq + 1n, segment(step, step + 1, `m${step}`));
  }
  assert.equal(afterSegment(record, record.lastSeq + 1n, segment(1_024, 1_025, 'm7')).step, 1_025);
  refused(() => afterSegment(record, record.lastSeq + 1n, segment(1_024, 1_025, 'one-more')));
});

test('a result agrees with itself: accuracy is correct / items, whatever the trainer rounds', () => {
  const result = (evaluation: object): string => JSON.stringify({ weightsSha256: null, evaluation, analyses: [] });
  const good = { split: 'test', items: 3, correct: 1, accuracy: 1 / 3, chance: 0.25 };
  assert.equal(parsePhaseResult(result(good)).evaluation?.correct, 1);
  assert.equal(parsePhaseResult(result({ ...good, items: 0, correct: 0, accuracy: 0 })).evaluation?.items, 0);
  for (const bad of [
    { accuracy: 17 },
    { accuracy: 0.5 },
    { correct: 4 },
    { chance: -4 },
    { items: 1e15 },
    { split: "x'" },
  ]) {
    refused(() => parsePhaseResult(result({ ...good, ...bad })));
  }
});

test('live numbers that Postgres would refuse are not shown', () => {
  const event = { step: 1n, totalSteps: 5n, lossNats: undefined, tokensPerSecond: 3 };
  assert.deepEqual(liveProgress(event), { step: 1, totalSteps: 5, lossNats: null, tokensPerSecond: 3 });
  for (const bad of [
    { step: 2n ** 32n },
    { totalSteps: 2n ** 63n },
    { tokensPerSecond: -1 },
    { tokensPerSecond: NaN },
  ]) {
    assert.equal(liveProgress({ ...event, ...bad }), null);
  }
});

test('a burst of live events is read at once, a flood ten a second', () => {
  const pace = new LivePace();
  let nowMs = 1_000;
  const burst = Array.from({ length: 20 }, () => pace.next(nowMs));
  assert.deepEqual(new Set(burst), new Set([0]));
  let waitedMs = 0;
  for (let i = 0; i < 100; i++) {
    const waitMs = pace.next(nowMs);
    nowMs += waitMs;
    waitedMs += waitMs;
  }
  assert.equal(waitedMs, 10_000);
  nowMs += 60_000;
  for (let i = 0; i < 2; i++) assert.equal(pace.next((nowMs += 500)), 0, 'a trainer is never held back');
});

test('words of a failure are cut and details flat', () => {
  assert.equal(boundedMessage('short'), 'short');
  assert.ok(boundedMessage('x'.repeat(1e6)).length < 5_000);
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`k${i}`, i]));
  assert.equal(Object.keys(boundedDetails(many)).length, RECORD_LIMITS.details);
  assert.deepEqual(boundedDetails({ a: 1, b: [[]], c: null }), { a: 1, b: 'a nested value, not kept', c: null });
});
