// A name belongs to one node: over real gRPC and Postgres, a second process cannot become a node that is alive, while the node itself restarts and
// moves as it likes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectRegistry } from '../../services/rpc/index.ts';
import { type HostileNode, startHostileNode } from './hostile-node.ts';
import { openStoreBench, type StoreBench } from './store-bench.ts';
import { TEST_RPC } from './test-rpc.ts';
import { until } from './until.ts';

let fixture: StoreBench['fixture'];
let bench: StoreBench['bench'];
let close: StoreBench['close'];
const nodes: HostileNode[] = [];

before(async () => {
  ({ fixture, bench, close } = await openStoreBench());
  await bench.orchestrator();
});
after(async () => {
  await Promise.all(nodes.map((one) => one.close()));
  await close();
});

const start = async (instanceId: string): Promise<HostileNode> => {
  const node = await startHostileNode('node-n', bench.registryAddress, () => [], { instanceId });
  nodes.push(node);
  return node;
};
const addressOf = async (): Promise<string | undefined> => {
  const [row] = await fixture.rows<{ address: string }>("select address from nodes where name = 'node-n'");
  return row?.address;
};
const eventsOf = (event: string): Promise<{ details: object }[]> =>
  fixture.rows(
    "select details from node_events join nodes using (node_id) where name = 'node-n' and event = $1 order by event_id",
    [event],
  );
const isServed = async (): Promise<boolean> =>
  (await fixture.rows("select 1 from nodes where name = 'node-n' and owner is not null")).length === 1;

test('whoever registers under the name of a node that is alive is told so, and nothing changes', async () => {
  const first = await start('one');
  await until('it is served', isServed);
  const second = await start('two');
  await until('it was refused again and again', () => second.missed > 5);
  assert.equal(await addressOf(), first.node.address);
  assert.equal((await eventsOf('refused')).length, 1, 'noted once, not with every try');
  assert.equal((await eventsOf('registered')).length, 1, 'the node itself never had to come back');
  const { client, close: hangUp } = connectRegistry(bench.registryAddress, TEST_RPC);
  await assert.rejects(client.registerNode({ node: second.node, attempts: [] }), {
    code: 'NODE_NAME_TAKEN',
    message: /has the name node-n/,
  });
  await assert.rejects(client.registerNode({ node: { ...second.node, instanceId: '' }, attempts: [] }), {
    code: 'NODE_NAME_TAKEN',
  });
  hangUp();
  await second.close();
});

test('the node itself comes back at once, as a new process on another address', async () => {
  const again = await start('one');
  await until('it is registered', async () => (await addressOf()) === again.node.address);
  assert.equal((await eventsOf('refused')).length, 1);
});

test('another node may have the name when the one that had it is gone', async () => {
  await Promise.all(nodes.map((one) => one.close()));
  const heir = await start('three');
  await until('it is registered', async () => (await addressOf()) === heir.node.address);
});

test('a registration that no node sends is refused before it is written', async () => {
  const { client, close: hangUp } = connectRegistry(bench.registryAddress, TEST_RPC);
  const [slot] = nodes[0]?.node.slots ?? [];
  const good = { ...nodes[0]?.node, nodeId: 'node-odd' };
  const bad = [
    { nodeId: 'evil\u001b[31m' },
    { memoryBytes: 2n ** 63n },
    { slots: [slot, slot] },
    { slots: [{ ...slot, memoryBytes: 2n ** 63n }] },
    { address: '127.0.0.1:1\nforged line' },
    { address: '10.0.0.7:7401' },
    { address: 'node-odd' },
    { address: '127.0.0.1:70000' },
    { address: '' },
  ];
  for (const change of bad) {
    await assert.rejects(client.registerNode({ node: { ...good, ...change } as never, attempts: [] }), {
      code: 'CONFIG_INVALID',
    });
  }
  assert.deepEqual(await fixture.rows("select 1 from nodes where name ~ 'odd|evil'"), []);
  hangUp();
});
