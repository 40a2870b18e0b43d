import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { ChannelCredentials, createChannel, createClient, Metadata } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import pino from 'pino';
import {
  RegistryServiceDefinition,
  type RegistryServiceImplementation,
} from '../../services/gen/latentsweep/registry/v1/registry.ts';
import {
  type WorkerServiceClient,
  WorkerServiceDefinition,
  type WorkerServiceImplementation,
} from '../../services/gen/latentsweep/worker/v1/worker.ts';
import { connectRegistry, connectWorker, type Refused, serveRegistry, serveWorker } from '../../services/rpc/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { WorkerBench } from './gpu-worker-bench.ts';
import { TEST_RPC } from './test-rpc.ts';
import { until } from './until.ts';

// Every user of a machine reaches its loopback, and every node of a fleet has a certificate: neither may give orders.

const closers: (() => Promise<void> | void)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

const calls: string[] = [];
const node: WorkerServiceImplementation = {
  describeNode: async () => (calls.push('describeNode'), { attempts: [] }),
  acknowledge: async () => (calls.push('acknowledge'), {}),
  stopPhase: async () => (calls.push('stopPhase'), { wasRunning: true }),
  runPhase: async function* () {
    calls.push('runPhase');
    yield { seq: 1n };
  },
};
const registry: RegistryServiceImplementation = {
  registerNode: async () => (calls.push('registerNode'), {}),
  renewNode: async () => (calls.push('renewNode'), { known: true }),
  leaveNode: async () => (calls.push('leaveNode'), {}),
};

const isCode =
  (code: string, text: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof LatentSweepError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, text);
    return true;
  };

async function drain(client: WorkerServiceClient): Promise<number> {
  let count = 0;
  for await (const message of client.runPhase({ phaseKey: 'a' })) count += Number(message.seq);
  return count;
}

test('no call without the secret, or with another, reaches a node or a registry; health is no exception', async () => {
  const refused: Refused[] = [];
  const options = { ...TEST_RPC, onRefused: (one: Refused) => refused.push(one) };
  const worker = await serveWorker(node, '127.0.0.1:0', options);
  const orchestrator = await serveRegistry(registry, '127.0.0.1:0', options);
  closers.push(
    () => worker.stop(),
    () => orchestrator.stop(),
  );
  for (const authorization of [null, '', TEST_RPC.secret, 'Bearer ', `Bearer ${TEST_RPC.secret}x`, 'Bearer x']) {
    const metadata = authorization === null ? new Metadata() : new Metadata({ authorization });
    const channels = [worker, orchestrator].map(({ address }) =>
      createChannel(address, ChannelCredentials.createInsecure()),
    );
    const [toWorker, toRegistry] = channels;
    assert.ok(toWorker !== undefined && toRegistry !== undefined);
    const defaults = { '*': { metadata } };
    const workerClient = createClient(WorkerServiceDefinition, toWorker, defaults);
    const registryClient = createClient(RegistryServiceDefinition, toRegistry, defaults);
    const all = [
      workerClient.describeNode({}),
      workerClient.acknowledge({}),
      workerClient.stopPhase({}),
      drain(workerClient),
      createClient(HealthDefinition, toWorker, defaults).check({ service: '' }),
      registryClient.registerNode({}),
      registryClient.renewNode({}),
      registryClient.leaveNode({}),
      createClient(HealthDefinition, toRegistry, defaults).check({ service: '' }),
    ];
    for (const call of all) await assert.rejects(call, /UNAUTHENTICATED: the call carries (no|another) secret/);
    for (const channel of channels) channel.close();
  }
  assert.deepEqual(calls, []);
  // each server tells its own log, and not as often as it is called
  assert.equal(refused.length, 2);
  assert.match(refused[0]?.path ?? '', /WorkerService/);
  assert.match(refused[0]?.peer ?? '', /127\.0\.0\.1/);
  assert.equal(refused[0]?.reason, 'the call carries no secret');
});

test('the caller hears who refused it and why, in the words of the project', async () => {
  const server = await serveRegistry(registry, '127.0.0.1:0', TEST_RPC);
  closers.push(() => server.stop());
  const other = connectRegistry(server.address, { secret: 'another' });
  await assert.rejects(
    other.client.registerNode({}),
    isCode(
      'UNAUTHENTICATED',
      /^UNAUTHENTICATED: 127\.0\.0\.1:\d+ refuses .*RegisterNode: the call carries another secret$/,
    ),
  );
  other.close();
});

test('with the secret every kind of call passes', async () => {
  const server = await serveWorker(node, '127.0.0.1:0', TEST_RPC);
  closers.push(() => server.stop());
  const { client, close } = connectWorker(server.address, TEST_RPC);
  assert.equal((await client.stopPhase({})).wasRunning, true);
  assert.equal(await drain(client), 1);
  close();
});

test('a connection that neither certificates nor a secret protect is not made, on either side', async () => {
  const text = /secretFile is not set and neither is tls/;
  await assert.rejects(serveWorker(node, '127.0.0.1:0', {}), isCode('CONFIG_INVALID', text));
  await assert.rejects(serveRegistry(registry, '127.0.0.1:0', {}), isCode('CONFIG_INVALID', text));
  assert.throws(() => connectWorker('127.0.0.1:1', {}), isCode('CONFIG_INVALID', text));
  assert.throws(() => connectRegistry('127.0.0.1:1', {}), isCode('CONFIG_INVALID', text));
});

test('with certificates a node takes orders from its orchestrators only, not from another node of the fleet', async () => {
  const pem = (name: string): Buffer => readFileSync(new URL(`./tls/${name}`, import.meta.url));
  const certificate = (name: string): { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer } => ({
    ca: pem('fleet-ca.pem'),
    cert: pem(`${name}.pem`),
    key: pem(`${name}.key`),
  });
  const server = await serveWorker(node, '127.0.0.1:0', {
    tls: certificate('node'),
    callers: ['other.test:7400', 'orchestrator.test:7400'],
  });
  closers.push(() => server.stop());
  const peer = connectWorker(server.address, { tls: certificate('node') });
  const before = calls.length;
  const text =
    /refuses .*: the caller's certificate \(DNS:node-b\.test.*\) is for none of other\.test, orchestrator\.test/;
  await assert.rejects(peer.client.stopPhase({}), isCode('PERMISSION_DENIED', text));
  await assert.rejects(drain(peer.client), isCode('PERMISSION_DENIED', text));
  assert.equal(calls.length, before);
  peer.close();
  const orchestrator = connectWorker(server.address, { tls: certificate('orchestrator') });
  assert.equal((await orchestrator.client.stopPhase({})).wasRunning, true);
  orchestrator.close();
});

test('certificates that are none are named by their keys, not by the address', async () => {
  const none = { ca: Buffer.from('x'), cert: Buffer.from('y'), key: Buffer.from('z') };
  const text = /^CONFIG_INVALID: tls\.cert and tls\.key/;
  await assert.rejects(serveWorker(node, '127.0.0.1:0', { tls: none }), isCode('CONFIG_INVALID', text));
  assert.throws(() => connectRegistry('127.0.0.1:1', { tls: none }), isCode('CONFIG_INVALID', text));
});

test('a node whose secret the registry does not know says so in its log, with what to do', async () => {
  const bench = new WorkerBench();
  closers.push(() => bench.close());
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
  const { address } = await bench.registry(registry);
  await bench.worker({ registries: [address], rpc: { secret: 'another' }, log });
  await until('it has been refused', () => lines.length > 0);
  const line = JSON.parse(lines[0] ?? '') as Readonly<Record<string, unknown>>;
  assert.equal(line['msg'], 'the registry refuses this node; trying again');
  assert.match(String(line['error']), /UNAUTHENTICATED: .* the call carries another secret/);
  assert.match(String(line['advice']), /same secretFile/);
});
