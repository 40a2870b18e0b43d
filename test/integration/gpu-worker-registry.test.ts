import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type {
  RegisterNodeRequest,
  RegistryServiceImplementation,
} from '../../services/gen/latentsweep/registry/v1/registry.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { Heard, phaseKey, request, WorkerBench } from './gpu-worker-bench.ts';
import { freePort } from './temporal-server.ts';
import { until } from './until.ts';

let bench: WorkerBench;
beforeEach(() => {
  bench = new WorkerBench();
});
afterEach(() => bench.close());

/** A registry that remembers what it is told and can forget. */
class Registry {
  readonly registered: RegisterNodeRequest[] = [];
  renewals = 0;
  left = 0;
  known = false;
  away = false;

  readonly service: RegistryServiceImplementation = {
    registerNode: async (call) => {
      this.#answer();
      this.registered.push(call);
      this.known = true;
      return { renewMs: 200n, leaseMs: 60_000n };
    },
    renewNode: async () => {
      this.#answer();
      this.renewals += 1;
      return { known: this.known };
    },
    leaveNode: async () => {
      this.#answer();
      this.left += 1;
      return {};
    },
  };

  #answer(): void {
    if (this.away) throw new LatentSweepError('STORE_UNREACHABLE', 'by script');
  }
}

test('a node registers with every registry, renews, and registers again where it is not known', async () => {
  const [a, b] = [new Registry(), new Registry()];
  const servers = await Promise.all([a, b].map(({ service }) => bench.registry(service)));
  const worker = await bench.worker({ registries: servers.map(({ address }) => address) });
  await until('both know it', () => a.renewals >= 2 && b.renewals >= 2);
  const [first] = a.registered;
  assert.equal(first?.node?.nodeId, 'node-t');
  assert.equal(first.node.address, worker.address);
  assert.equal(first.node.slots.length, 1);
  assert.equal(a.registered.length, 1);
  a.known = false;
  await until('it has registered again', () => a.registered.length === 2);
  assert.equal(a.registered[1]?.node?.incarnation, first.node.incarnation);
  assert.equal(b.registered.length, 1);
});

test('a registry that comes later, or comes back on its address, is found', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  await bench.worker({ registries: [address] });
  const early = new Registry();
  const server = await bench.registry(early.service, address);
  await until('it is registered', () => early.registered.length === 1);
  await server.stop();
  const later = new Registry();
  await bench.registry(later.service, address);
  await until('it is registered again', () => later.registered.length === 1);
});

test('registrations and renewals report what runs and what is not acknowledged', async () => {
  const registry = new Registry();
  const { address } = await bench.registry(registry.service);
  const worker = await bench.worker({ registries: [address] });
  const heard = new Heard(bench.client(worker.address), request('reported', { steps: 200, stepMs: 10 }));
  await until('it has begun', () => heard.step >= 2);
  registry.known = false;
  await until('it has registered again', () => registry.registered.length === 2);
  const [report] = registry.registered[1]?.attempts ?? [];
  assert.ok(report !== undefined && report.running && report.phaseKey === phaseKey('reported'));
  assert.ok(report.lastSeq >= 2n && report.step >= 2n);
});

test('while one registry answers attempts go on; when none does they stop by themselves with a checkpoint', async () => {
  const [a, b] = [new Registry(), new Registry()];
  const servers = await Promise.all([a, b].map(({ service }) => bench.registry(service)));
  const worker = await bench.worker({ registries: servers.map(({ address }) => address) });
  const client = bench.client(worker.address);
  const script = { steps: 10_000, stepMs: 10, checkpointEvery: 10_000 };
  const leaseMs = 5_000;
  const heard = new Heard(client, request('leased', script, { leaseMs: BigInt(leaseMs) }));
  await until('it has begun', () => Number(worker.reports()[0]?.step ?? 0n) > 2);
  await servers[0]?.stop();
  // a lease is a time: what keeps it from expiring shows only beyond it
  const began = performance.now();
  await until('longer than the lease has passed', () => performance.now() - began > 1.5 * leaseMs);
  assert.equal(worker.reports()[0]?.running, true);
  b.away = true;
  await heard.ended;
  const { code, details } = heard.failure();
  assert.equal(code, 'LEASE_EXPIRED');
  assert.ok(heard.step > 2 && Number(heard.checkpoint?.step) === heard.step);
  assert.deepEqual(details, { leaseMs, step: heard.step });
  assert.equal(heard.last?.$case === 'failed' && heard.last.value.failure, 'node_lost');
});

test('an orderly stop leaves the registries, checkpoints what runs and waits until that is recorded', {
  timeout: 600_000,
}, async () => {
  const registry = new Registry();
  const { address } = await bench.registry(registry.service);
  // longer than this test may take: it must not wait for the whole leave time
  const times = { ...bench.options().times, leaveMs: 600_000 };
  const worker = await bench.worker({ registries: [address], times });
  const client = bench.client(worker.address);
  const heard = new Heard(client, request('leaving', { steps: 10_000, stepMs: 10, checkpointEvery: 10_000 }));
  await until('it has begun', () => registry.renewals > 0 && Number(worker.reports()[0]?.step ?? 0n) > 2);
  const stopping = worker.stop();
  await heard.ended;
  assert.equal(heard.last?.$case, 'stopped');
  assert.ok(heard.step > 2 && heard.checkpoint !== undefined);
  assert.equal(registry.left, 1);
  const refused = new Heard(client, request('too-late', { steps: 1, stepMs: 1 }));
  await refused.ended;
  assert.match(String(refused.error), /NOT_FOUND: the node is leaving/);
  await client.acknowledge({ phaseKey: phaseKey('leaving'), attempt: 1, seq: heard.durable.at(-1)?.seq ?? 0n });
  await stopping;
});

test('what nobody records before an orderly stop is told after the next start', async () => {
  const worker = await bench.worker({ times: { ...bench.options().times, leaveMs: 300 } });
  const heard = new Heard(bench.client(worker.address), request('kept', { steps: 10_000, stepMs: 10 }));
  await until('it has begun', () => heard.step > 2);
  await worker.stop();
  const next = await bench.worker();
  const [report] = next.reports();
  assert.ok(report !== undefined && !report.running);
  const replay = new Heard(bench.client(next.address), { phaseKey: phaseKey('kept'), attempt: 1, slot: 0 });
  await replay.ended;
  assert.equal(replay.last?.$case, 'stopped');
  assert.ok(replay.step >= heard.step);
});

test('a worker that cannot listen says which key, and leaves its state folder free', async () => {
  const registry = await bench.registry(new Registry().service);
  await assert.rejects(
    bench.worker({ listen: registry.address }),
    /CONFIG_INVALID: worker\.address is .* port \d+ is in use/,
  );
  await assert.rejects(
    bench.worker({ registries: ['far.example:1'] }),
    /CONFIG_INVALID: worker\.registries .*without TLS/,
  );
  await bench.worker();
});
