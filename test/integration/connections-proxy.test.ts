import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, afterEach, beforeEach, test } from 'node:test';
import { Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { WorkerServiceImplementation } from '../../services/gen/latentsweep/worker/v1/worker.ts';
import { clientConnection, workerConnection } from '../../services/orchestrator/temporal-connection.ts';
import { connectWorker, type RpcServer, serveWorker } from '../../services/rpc/index.ts';
import { openNamespace, type TemporalServer } from './temporal-server.ts';
import { TEST_RPC } from './test-rpc.ts';

// What the environment says about proxies is meant for downloads; connections between the project's processes do not follow it.

const VARIABLES = ['http_proxy', 'https_proxy', 'grpc_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'];
const before = new Map(VARIABLES.map((name) => [name, process.env[name]]));
beforeEach(() => {
  for (const name of VARIABLES) delete process.env[name];
  // nobody listens there: any connection that goes through it fails at once
  for (const name of VARIABLES.filter((one) => /_proxy$/i.test(one) && !/^no/i.test(one)))
    process.env[name] = 'http://127.0.0.1:9';
});
afterEach(() => {
  for (const [name, value] of before)
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
});

const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

const node: WorkerServiceImplementation = {
  describeNode: async () => ({ attempts: [] }),
  acknowledge: async () => ({}),
  stopPhase: async () => ({ wasRunning: true }),
  runPhase: async function* () {
    yield { seq: 1n };
  },
};

async function serve(): Promise<RpcServer> {
  const server = await serveWorker(node, '127.0.0.1:0', TEST_RPC);
  closers.push(() => server.stop());
  return server;
}

test('calls between orchestrators and nodes on the loopback go there directly', async () => {
  const { address } = await serve();
  for (const host of ['127.0.0.1', 'localhost']) {
    const { client, close } = connectWorker(address.replace('127.0.0.1', host), TEST_RPC);
    assert.deepEqual(await client.describeNode({}), { node: undefined, attempts: [] });
    close();
  }
});

test('both connections to Temporal on the loopback go there directly', async () => {
  const temporal: TemporalServer = await openNamespace();
  closers.push(() => temporal.stop());
  const native = await NativeConnection.connect(workerConnection(temporal));
  await native.close();
  const connection = await Connection.connect(clientConnection(temporal));
  await connection.workflowService.getSystemInfo({});
  await connection.close();
});

test('a proxy that is asked for takes calls to other machines, and none to this one', async () => {
  const { address } = await serve();
  const port = address.split(':')[1] ?? '';
  const proxy = await startProxy(() => address);
  const options = { ...TEST_RPC, proxy: proxy.address, insecure: true };
  const far = connectWorker(`node.example:${port}`, options);
  assert.equal((await far.client.stopPhase({ phaseKey: 'a', attempt: 1, mode: 1 })).wasRunning, true);
  far.close();
  assert.deepEqual(proxy.asked, [`node.example:${port}`]);
  const near = connectWorker(address, options);
  await near.client.describeNode({});
  near.close();
  assert.deepEqual(proxy.asked, [`node.example:${port}`]);
  assert.deepEqual(workerConnection({ address: 'temporal.example:7233', namespace: 'a', proxy: 'proxy:3128' }), {
    address: 'temporal.example:7233',
    proxy: { type: 'http-connect', targetHost: 'proxy:3128' },
  });
  assert.deepEqual(workerConnection({ address: 'localhost:7233', namespace: 'a', proxy: 'proxy:3128' }), {
    address: 'localhost:7233',
  });
});

/** An HTTP CONNECT proxy for which every name means `target`. */
async function startProxy(
  target: () => string,
): Promise<{ readonly address: string; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer();
  server.on('connect', ({ url = '' }, socket: Socket) => {
    asked.push(url);
    const [host = '', port = ''] = target().split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const one of [socket, upstream]) {
      sockets.add(one);
      one.on('error', () => one.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    for (const one of sockets) one.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
