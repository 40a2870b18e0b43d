import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { ChannelCredentials, createChannel, createClient, Metadata } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import type { RegistryServiceImplementation } from '../../services/gen/latentsweep/registry/v1/registry.ts';
import {
  type RunPhaseResponse,
  StopMode,
  type WorkerServiceImplementation,
} from '../../services/gen/latentsweep/worker/v1/worker.ts';
import type { ConnectWorker, ServeRegistry } from '../../services/orchestrator/index.ts';
import { programEntry } from '../../services/program/index.ts';
import {
  connectRegistry,
  connectWorker,
  type RpcServer,
  serveRegistry,
  serveWorker,
} from '../../services/rpc/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { TEST_RPC } from './test-rpc.ts';
import { until } from './until.ts';

// the orchestrator's view of this border
((address) => connectWorker(address, TEST_RPC)) satisfies ConnectWorker;
((implementation, address) => serveRegistry(implementation, address, TEST_RPC)) satisfies ServeRegistry;

const servers: RpcServer[] = [];
const children: ChildProcess[] = [];
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(servers.map((one) => one.stop()));
});

const quiet: WorkerServiceImplementation = {
  describeNode: async () => ({ attempts: [] }),
  acknowledge: async () => ({}),
  stopPhase: async () => ({ wasRunning: false }),
  runPhase: async function* () {
    yield { seq: 1n };
  },
};

const registry: RegistryServiceImplementation = {
  registerNode: async () => ({}),
  renewNode: async () => ({ known: true }),
  leaveNode: async () => ({}),
};

async function serve(
  implementation: Partial<WorkerServiceImplementation>,
  options: Partial<Parameters<typeof serveWorker>[2]> = {},
): Promise<RpcServer> {
  const server = await serveWorker({ ...quiet, ...implementation }, '127.0.0.1:0', {
    ...(options.tls === undefined ? TEST_RPC : {}),
    ...options,
  });
  servers.push(server);
  return server;
}

const pem = (name: string): Buffer => readFileSync(new URL(`./tls/${name}`, import.meta.url));
const tls = { ca: pem('ca.pem'), cert: pem('peer.pem'), key: pem('peer.key') };
const isCode =
  (code: string, text = /./) =>
  (error: unknown): boolean =>
    error instanceof LatentSweepError && error.code === code && text.test(error.message);

test('an error of the service reaches the caller with code, sentence and details, from unary calls and streams', async () => {
  const refuse = (): never => {
    throw new LatentSweepError('FENCED', 'attempt 3 is newer than 2', { known: 3, phase: 'abc', retried: false });
  };
  const server = await serve({
    stopPhase: async () => refuse(),
    runPhase: async function* () {
      yield { seq: 1n };
      refuse();
    },
  });
  const { client, close } = connectWorker(server.address, TEST_RPC);
  const check = (error: unknown): boolean => {
    assert.ok(error instanceof LatentSweepError);
    assert.equal(error.message, 'FENCED: attempt 3 is newer than 2');
    assert.deepEqual(error.details, { known: 3, phase: 'abc', retried: false });
    return true;
  };
  await assert.rejects(client.stopPhase({ phaseKey: 'abc', attempt: 2, mode: StopMode.NOW }), check);
  const seen: RunPhaseResponse[] = [];
  await assert.rejects(async () => {
    for await (const message of client.runPhase({})) seen.push(message);
  }, check);
  assert.equal(seen.length, 1);
  close();
});

test('an unforeseen error is reported at the server and is INTERNAL at the caller', async () => {
  const reported: string[] = [];
  const server = await serve(
    {
      describeNode: async () => {
        throw new TypeError('a mistake');
      },
    },
    { onUnexpected: (path, error) => reported.push(`${path} ${String(error)}`) },
  );
  const { client, close } = connectWorker(server.address, TEST_RPC);
  await assert.rejects(client.describeNode({}), isCode('INTERNAL', /a mistake/));
  assert.deepEqual(reported, ['/latentsweep.worker.v1.WorkerService/DescribeNode TypeError: a mistake']);
  close();
});

test('nobody at the address is NODE_LOST within seconds', async () => {
  const server = await serve({});
  await server.stop();
  const { client, close } = connectWorker(server.address, TEST_RPC);
  await assert.rejects(client.describeNode({}), isCode('NODE_LOST', /UNAVAILABLE/));
  close();
});

test('a unary call that finds the server restarting is repeated by itself', async () => {
  let calls = 0;
  const server = await serve({
    describeNode: async () => {
      calls += 1;
      if (calls === 1) throw new LatentSweepError('STORE_UNREACHABLE', 'not yet');
      return { attempts: [] };
    },
  });
  const { client, close } = connectWorker(server.address, TEST_RPC);
  await client.describeNode({});
  assert.equal(calls, 2);
  close();
});

test('a caller that leaves the loop or aborts ends the stream at the server', async () => {
  let open = 0;
  const server = await serve({
    runPhase: async function* (_request, context) {
      open += 1;
      try {
        yield { seq: 1n };
        await once(context.signal, 'abort');
      } finally {
        open -= 1;
      }
    },
  });
  const { client, close } = connectWorker(server.address, TEST_RPC);
  for await (const message of client.runPhase({})) {
    assert.equal(message.seq, 1n);
    break;
  }
  await until('the server has heard of the break', () => open === 0);
  const aborting = new AbortController();
  await assert.rejects(
    async () => {
      for await (const { seq } of client.runPhase({}, { signal: aborting.signal })) if (seq === 1n) aborting.abort();
    },
    { name: 'AbortError' },
  );
  await until('the server has heard of the abort', () => open === 0);
  close();
});

test('a port in use is refused with the key and the port', async () => {
  const server = await serve({});
  const port = server.address.split(':')[1] ?? '';
  await assert.rejects(
    serveRegistry(registry, server.address, TEST_RPC),
    isCode(
      'CONFIG_INVALID',
      new RegExp(`orchestrator\\.registryAddress is "127.0.0.1:${port}": port ${port} is in use`),
    ),
  );
  await assert.rejects(
    serveWorker(quiet, server.address, { ...TEST_RPC, configKey: 'nodes.port' }),
    isCode('CONFIG_INVALID', /nodes\.port/),
  );
});

test('listening beyond this machine needs TLS or an explicit word', async () => {
  await assert.rejects(serveWorker(quiet, '0.0.0.0:0', TEST_RPC), isCode('CONFIG_INVALID', /without TLS/));
  assert.throws(() => connectRegistry('registry.example:7461', TEST_RPC), isCode('CONFIG_INVALID', /without TLS/));
});

test('mutual TLS lets signed peers through, and nobody else', async () => {
  const server = await serve({}, { tls });
  const known = connectWorker(server.address, { tls });
  assert.deepEqual((await known.client.describeNode({})).attempts, []);
  known.close();
  const renamed = connectWorker(server.address, { tls: { ...tls, serverName: 'node.test' } });
  await renamed.client.describeNode({});
  renamed.close();
  const misnamed = connectWorker(server.address, { tls: { ...tls, serverName: 'other.test' } });
  await assert.rejects(misnamed.client.describeNode({}), isCode('NODE_LOST'));
  misnamed.close();
  const stranger = connectWorker(server.address, {
    tls: { ca: tls.ca, cert: pem('stranger.pem'), key: pem('stranger.key') },
  });
  await assert.rejects(stranger.client.describeNode({}), isCode('NODE_LOST'));
  stranger.close();
  const plain = connectWorker(server.address, TEST_RPC);
  await assert.rejects(plain.client.describeNode({}), isCode('NODE_LOST'));
  plain.close();
});

test('the standard health service follows setServing', async () => {
  const server = await serve({});
  const channel = createChannel(server.address, ChannelCredentials.createInsecure());
  const secret = new Metadata({ authorization: `Bearer ${TEST_RPC.secret}` });
  const health = createClient(HealthDefinition, channel, { '*': { metadata: secret } });
  const service = 'latentsweep.worker.v1.WorkerService';
  assert.equal((await health.check({ service })).status, 1);
  server.setServing(false);
  assert.equal((await health.check({ service })).status, 2);
  assert.equal((await health.check({ service: '' })).status, 2);
  channel.close();
});

test('a stopped server ends streams that run on', async () => {
  const server = await serve({
    runPhase: async function* (_request, context) {
      yield { seq: 1n };
      await once(context.signal, 'abort');
    },
  });
  const { client, close } = connectWorker(server.address, TEST_RPC);
  await assert.rejects(async () => {
    for await (const { seq } of client.runPhase({})) if (seq === 1n) void server.stop();
  }, isCode('NODE_LOST'));
  close();
});

test('a peer that is suspended is noticed by keepalive, calls end as NODE_LOST', async () => {
  const program = programEntry('./rpc-child', import.meta.url);
  const child = fork(program.path, { execArgv: [...program.execArgv] });
  children.push(child);
  const [address] = (await once(child, 'message')) as [string];
  const { client, close } = connectWorker(address, TEST_RPC);
  // the text is keepalive's: without it the stream would wait for its deadline of an hour
  await assert.rejects(
    async () => {
      for await (const { seq } of client.runPhase({})) if (seq === 1n) child.kill('SIGSTOP');
    },
    isCode('NODE_LOST', /UNAVAILABLE: (Connection dropped|Keepalive)/i),
  );
  close();
  child.kill('SIGKILL');
});
