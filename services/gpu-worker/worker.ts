// One node: state folder, slots, attempts, worker service and its links to the registries, started and stopped in order.

import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttemptReport, Node } from '../gen/latentsweep/worker/v1/worker.ts';
import { machineSize } from '../machine/index.ts';
import { serveWorker } from '../rpc/index.ts';
import { ENGINE_VERSION } from '../study/plan/index.ts';
import { CheckpointCache } from './checkpoint-cache.ts';
import { Lease } from './lease.ts';
import { NodeAttempts } from './node-attempts.ts';
import type { SlotOptions, WorkerOptions } from './options.ts';
import { RegistryLink } from './registry-link.ts';
import { SpoolFolder } from './spool-folder.ts';
import { openStateFolder, type StateFolder } from './state-folder.ts';
import { TrainerPool } from './trainer-pool.ts';
import { TrainerSlot } from './trainer-slot.ts';
import { workerService } from './worker-service.ts';

export interface Worker {
  readonly nodeId: string;
  /** host:port of its WorkerService. */
  readonly address: string;
  readonly reports: () => readonly AttemptReport[];
  /** Attempts stop with a checkpoint and are handed back; what no orchestrator takes meanwhile is told after the next start. */
  readonly stop: () => Promise<void>;
}

/** @throws LatentSweepError CONFIG_INVALID, CONFLICT when the state folder is in use, ARTIFACT_STORE, DISK_FULL */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { times, artifacts, rpc } = options;
  const state = openStateFolder(options.stateDir, options.nodeId);
  const log = options.log.child({ node: state.nodeId });
  const closing: (() => Promise<void> | void)[] = [() => state.release()];
  const close = async (): Promise<void> => {
    for (const one of closing.reverse()) await one();
  };
  try {
    await emptyFolder(state.work);
    const spools = new SpoolFolder(state.spool, log);
    const recovered = await spools.recover();
    const slots = options.slots.map((slot, index) => new TrainerSlot(index, slot, state.slots, { ...options, log }));
    closing.push(() => Promise.all(slots.map((slot) => slot.close())).then(() => undefined));
    const cache = new CheckpointCache(state.cache, options.cacheBytes, artifacts, log);
    await cache.tidy();
    const attempts = new NodeAttempts(new TrainerPool(slots, options.waitingPlaces), recovered, {
      spools,
      cache,
      artifacts,
      workFolder: state.work,
      times,
      log,
    });
    closing.push(() => attempts.close());
    for (const slot of slots) slot.warm();

    const known: { node?: Node } = {};
    const server = await serveWorker(
      workerService(() => known.node, attempts),
      options.listen,
      {
        ...rpc,
        // only who may be registered with may give orders, not any node of the fleet
        callers: rpc.tls === undefined ? undefined : options.registries,
        onRefused: (refused) =>
          log.warn(refused, 'refused a call; an orchestrator with another secretFile or certificate, or a stranger'),
        onUnexpected: (path, error) => log.error({ path, error: String(error) }, 'a call failed unexpectedly'),
      },
    );
    closing.push(() => server.stop());
    const self = describe(options, state, options.advertise ?? server.address);
    // whoever calls this node may not learn what makes it this node
    known.node = { ...self, instanceId: '' };
    const lease = new Lease(attempts);
    closing.push(() => lease.close());
    const linkNeeds = { node: self, reports: () => attempts.reports(), onAnswer: () => lease.renew(), rpc, log };
    const links: RegistryLink[] = [];
    closing.push(() => Promise.all(links.map((link) => link.close())).then(() => undefined));
    for (const address of options.registries) links.push(new RegistryLink(address, linkNeeds));
    log.info({ address: self.address, slots: slots.length, attempts: recovered.length }, 'gpu-worker is up');

    const stop = async (): Promise<void> => {
      server.setServing(false);
      await Promise.all(links.map((link) => link.leave()));
      attempts.leave();
      if (!(await attempts.settled(times.leaveMs)))
        log.warn(
          { attempts: attempts.reports().length },
          'not everything was recorded; the rest is told after the next start',
        );
      await close();
      log.info('gpu-worker is down');
    };
    return { nodeId: state.nodeId, address: self.address, reports: () => attempts.reports(), stop };
  } catch (error) {
    await close();
    throw error;
  }
}

function describe(
  options: WorkerOptions,
  { nodeId, instanceId }: Pick<StateFolder, 'nodeId' | 'instanceId'>,
  address: string,
): Node {
  return {
    nodeId,
    instanceId,
    address,
    incarnation: randomBytes(8).toString('hex'),
    slots: placesOf(options).map(({ device, memoryBytes, threads }, index) => ({
      index,
      device,
      memoryBytes: BigInt(Math.trunc(memoryBytes)),
      threads,
    })),
    engineVersion: ENGINE_VERSION,
    memoryBytes: BigInt(machineSize().memoryBytes),
  };
}

/** What orchestrators may fill: the slots, and the places where attempts wait for one. */
function placesOf({ slots, waitingPlaces }: WorkerOptions): readonly SlotOptions[] {
  const [first] = slots;
  return first === undefined ? [] : [...slots, ...Array.from({ length: waitingPlaces }, () => first)];
}

/** Work files of attempts that a killed process ran. */
async function emptyFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}
