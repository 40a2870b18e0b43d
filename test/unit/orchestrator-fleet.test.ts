import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SlotPermit } from '@temporalio/worker';
import fc from 'fast-check';
import { Node, type WorkerServiceClient } from '../../services/gen/latentsweep/worker/v1/worker.ts';
import { Fleet } from '../../services/orchestrator/fleet/fleet.ts';
import type { SlotLease } from '../../services/orchestrator/fleet/node-session.ts';
import type { SlotRequirements } from '../../services/orchestrator/fleet/placement.ts';
import { FleetSlotSupplier } from '../../services/orchestrator/fleet/slot-supplier.ts';

const never = (): never => {
  throw new Error('not called here');
};
const client: WorkerServiceClient = { describeNode: never, runPhase: never, acknowledge: never, stopPhase: never };
const newFleet = (): Fleet => new Fleet(() => ({ client, close: () => undefined }));
const node = (nodeId: string, slots: number): Node =>
  Node.fromPartial({
    nodeId,
    address: 'x',
    incarnation: '1',
    slots: Array.from({ length: slots }, (_, index) => ({ index, device: 'cpu' })),
  });
const join = (fleet: Fleet, nodeId: string, slots: number): void => {
  fleet.join(node(nodeId, slots), 0).ready = true;
  fleet.changed();
};
const anywhere: SlotRequirements = { device: 'any', memoryBytes: 0, prefer: [], avoid: [] };
const preferring = (nodeId: string): SlotRequirements => ({
  ...anywhere,
  prefer: [{ nodeId, why: 'it has the checkpoint' }],
});
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('no permit without a slot; a permit for each as nodes come', async () => {
  const fleet = newFleet();
  const supplier = new FleetSlotSupplier(fleet);
  const signal = new AbortController().signal;
  const got: SlotPermit[] = [];
  for (let i = 0; i < 4; i++) void supplier.reserveSlot(null, signal).then((permit) => got.push(permit));
  await soon();
  assert.equal(got.length, 0);
  join(fleet, 'a', 1);
  await soon();
  assert.equal(got.length, 1);
  join(fleet, 'b', 2);
  await soon();
  assert.equal(got.length, 3);
  supplier.releaseSlot({ permit: got[0] ?? {} });
  await soon();
  assert.equal(got.length, 4);
});

test('an aborted reservation rejects with the reason itself and takes no permit', async () => {
  const fleet = newFleet();
  const supplier = new FleetSlotSupplier(fleet);
  const abort = new AbortController();
  const reservation = supplier.reserveSlot(null, abort.signal);
  const reason = new Error('closing');
  abort.abort(reason);
  await assert.rejects(reservation, (error) => error === reason);
  join(fleet, 'a', 1);
  assert.equal(supplier.granted, 0);
});

test('after close nothing is granted, not even for a released permit', async () => {
  const fleet = newFleet();
  const supplier = new FleetSlotSupplier(fleet);
  join(fleet, 'a', 1);
  const signal = new AbortController().signal;
  const permit = await supplier.reserveSlot(null, signal);
  let second = false;
  void supplier.reserveSlot(null, signal).then(() => {
    second = true;
  });
  supplier.close();
  supplier.releaseSlot({ permit });
  await soon();
  assert.equal(second, false);
  assert.equal(supplier.granted, 0);
});

test('permits never exceed capacity, whatever joins, leaves, starts and ends', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('join' as const), slots: fc.integer({ min: 1, max: 4 }) }),
    fc.record({
      kind: fc.constantFrom('take' as const, 'end' as const, 'adopt' as const, 'poll' as const, 'leave' as const),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const fleet = newFleet();
      const supplier = new FleetSlotSupplier(fleet);
      const signal = new AbortController().signal;
      const permits: SlotPermit[] = [];
      const running: { permit: SlotPermit; lease: SlotLease }[] = [];
      let nodes = 0;
      for (const one of steps) {
        const grantedBefore = supplier.granted;
        if (one.kind === 'join') join(fleet, `n${nodes++}`, one.slots);
        if (one.kind === 'poll') void supplier.reserveSlot(null, signal).then((permit) => permits.push(permit));
        if (one.kind === 'take') {
          const permit = permits.pop();
          const lease = permit === undefined ? null : ((await fleet.take(anywhere, 0, signal))?.lease ?? null);
          if (permit !== undefined && lease !== null) running.push({ permit, lease });
          else if (permit !== undefined) supplier.releaseSlot({ permit });
        }
        if (one.kind === 'end') {
          const ended = running.shift();
          if (ended !== undefined) {
            fleet.release(ended.lease);
            supplier.releaseSlot({ permit: ended.permit });
          }
        }
        if (one.kind === 'adopt') {
          const session = [...fleet.sessions.values()].find((some) => some.freeSlots().length > 0);
          const slot = session?.freeSlots()[0];
          if (session !== undefined && slot !== undefined) fleet.occupy(session, slot.index, 'adopted');
        }
        if (one.kind === 'leave') {
          const [session] = fleet.sessions.values();
          if (session !== undefined) fleet.drop(session);
        }
        await soon();
        // capacity may shrink below what is out; then nothing more is granted
        assert.ok(supplier.granted <= Math.max(fleet.capacity(), grantedBefore));
      }
    }),
    { numRuns: 50 },
  );
});

test('the preferred node is taken while it has a slot, else the emptiest', async () => {
  const fleet = newFleet();
  join(fleet, 'small', 1);
  join(fleet, 'large', 3);
  const signal = new AbortController().signal;
  assert.equal((await fleet.take(preferring('small'), 0, signal))?.lease.node.nodeId, 'small');
  assert.equal((await fleet.take(preferring('small'), 0, signal))?.lease.node.nodeId, 'large');
  assert.equal((await fleet.take(anywhere, 0, signal))?.lease.node.nodeId, 'large');
});

test('a waiting task gets the slot that becomes free, and none after its time', async () => {
  const fleet = newFleet();
  join(fleet, 'a', 1);
  const signal = new AbortController().signal;
  const first = await fleet.take(anywhere, 0, signal);
  assert.ok(first !== null);
  const second = fleet.take(anywhere, 5_000, signal);
  fleet.release(first.lease);
  assert.ok((await second) !== null);
  assert.equal(await fleet.take(anywhere, 10, signal), null);
});

test('where a phase failed it runs again only when neither this replica nor another has a node for it', async () => {
  const fleet = newFleet();
  join(fleet, 'bad', 2);
  const signal = new AbortController().signal;
  const elsewhereThan = (nodeId: string): SlotRequirements => ({ ...anywhere, avoid: [nodeId] });
  assert.equal(await fleet.take(elsewhereThan('bad'), 0, signal, ['node of another replica']), null);
  assert.equal((await fleet.take(elsewhereThan('bad'), 0, signal))?.lease.node.nodeId, 'bad');
  join(fleet, 'good', 1);
  assert.equal((await fleet.take(elsewhereThan('bad'), 0, signal))?.lease.node.nodeId, 'good');
});
