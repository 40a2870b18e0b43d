// The recorded segment comes back from the wire and from the spool as it went, whatever a trainer may record; and what an earlier version
// spooled is still read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RunPhaseResponse, Segment } from '../../services/gen/latentsweep/worker/v1/worker.ts';
import { decodeRecords, encodeRecord } from '../../services/gpu-worker/spool-record.ts';
import { checkpointMessage, checkpointOfMessage, segmentMessage, segmentOfMessage } from '../../services/rpc/index.ts';
import type { RecordedSegment } from '../../workflows/domain/segment.ts';

const step = fc.integer({ min: 0, max: 2_147_483_647 });
const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const seconds = fc.double({ min: 0, max: 1e9, noNaN: true });
const plain = { noNullPrototype: true } as const;
const checkpoint = fc.record({ uri: fc.string(), sha256: fc.string(), bytes: count, step }, plain);

const anySegment: fc.Arbitrary<RecordedSegment> = fc.record(
  {
    fromStep: step,
    toStep: step,
    metrics: fc.array(
      fc.array(fc.tuple(step, fc.double())).chain((rows) =>
        fc.record(
          {
            name: fc.string(),
            steps: fc.constant(rows.map(([at]) => at)),
            values: fc.constant(rows.map(([, value]) => value)),
          },
          plain,
        ),
      ),
    ),
    items: fc.array(
      fc.record(
        {
          item: step,
          prediction: fc.string(),
          gold: fc.string(),
          correct: fc.boolean(),
          tokens: step,
          seconds,
        },
        plain,
      ),
    ),
    checkpoint: fc.option(checkpoint),
    deviceSeconds: seconds,
    tokens: count,
    mfu: fc.option(fc.double({ min: 0, noNaN: true })),
  },
  plain,
);

test('a segment is the same behind the wire and behind the spool', () => {
  fc.assert(
    fc.property(anySegment, (segment) => {
      const sent = segmentMessage(segment);
      assert.deepEqual(segmentOfMessage(Segment.decode(Segment.encode(sent).finish())), segment);
      const record = encodeRecord(RunPhaseResponse.create({ seq: 1n, event: { $case: 'segment', value: sent } }));
      const [read] = decodeRecords(record, 0n).events;
      assert.ok(read?.event?.$case === 'segment');
      assert.deepEqual(segmentOfMessage(read.event.value), segment);
    }),
  );
});

test('a checkpoint is the same behind the wire, and no checkpoint is none', () => {
  fc.assert(
    fc.property(fc.option(checkpoint), (stored) => {
      assert.deepEqual(checkpointOfMessage(checkpointMessage(stored)), stored);
    }),
  );
});

/** Event 1 as the version before wrote it: length, checksum, message. */
const SPOOLED =
  'c2000000d1c96ff56db41108080122bd01080310051a210a096c6f73735f6e617473120204051a10000000000000f83f000000000000d03f2216080712037965731a026e6f280231000000000000e03f2a670a1b636865636b706f696e74732f702f352e7361666574656e736f7273124061626162616261626162616261626162616261626162616261626162616261626162616261626162616261626162616261626162616261626162616261626162188080808010200531000000000000f43f38ac0241000000000000c03f';

test('a record that an earlier version spooled is read', () => {
  const { events, goodBytes } = decodeRecords(Buffer.from(SPOOLED, 'hex'), 0n);
  assert.equal(goodBytes, SPOOLED.length / 2);
  assert.ok(events[0]?.event?.$case === 'segment');
  assert.deepEqual(segmentOfMessage(events[0].event.value), {
    fromStep: 3,
    toStep: 5,
    metrics: [{ name: 'loss_nats', steps: [4, 5], values: [1.5, 0.25] }],
    items: [{ item: 7, prediction: 'yes', gold: 'no', correct: false, tokens: 2, seconds: 0.5 }],
    checkpoint: { uri: `checkpoints/p/5.safetensors`, sha256: 'ab'.repeat(32), bytes: 4_294_967_296, step: 5 },
    deviceSeconds: 1.25,
    tokens: 300,
    mfu: 0.125,
  });
});
