// What the stack of a configuration consists of: which services, on which ports. Whatever the configuration points elsewhere is left out.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import {
  artifactsUrl,
  type Config,
  type HostPort,
  joinHostPort,
  type StackRecord,
  splitHostPort,
} from '../config/index.ts';
import { readerUrl } from '../store/index.ts';
import type { StackLayout } from './layout.ts';
import {
  DASHBOARD,
  dashboardService,
  orchestratorService,
  serviceEnvironment,
  workerService,
} from './node-services.ts';
import { choosePort, isFree } from './ports.ts';
import { clusterIn } from './postgres/cluster.ts';
import { postgresService } from './postgres/postgres-service.ts';
import { postgresUrl } from './postgres/server.ts';
import type { ServiceDefinition } from './service.ts';
import { makeStackSecret } from './stack-secret.ts';
import { temporalService } from './temporal-service.ts';

export interface StackPlan {
  /** In the order of their start; they stop the other way round. */
  readonly services: readonly ServiceDefinition[];
  readonly postgresUrl: string | null;
  readonly temporalAddress: string | null;
  readonly temporalUiUrl: string | null;
  readonly registryAddresses: readonly string[];
}

/**
 * @param before the record of the last run, whose ports are kept where they are still free
 * @throws LatentSweepError CONFIG_INVALID when a configured port is in use
 */
export async function planStack(config: Config, layout: StackLayout, before: StackRecord | null): Promise<StackPlan> {
  if (config.secretFile === null) makeStackSecret(config);
  const ports = new PortPicker(before);
  const services: ServiceDefinition[] = [];
  let ownPostgres: string | null = null;
  if (config.postgres.url === null) {
    const cluster = clusterIn(layout.postgres);
    const port = await ports.pick('postgres');
    ownPostgres = postgresUrl(cluster, port);
    services.push(postgresService(cluster, port, layout));
  }
  let ownTemporal: { readonly address: string; readonly ui: string } | null = null;
  if (config.temporal.address === null) {
    const frontend = await ports.pick('temporal');
    const ui = await ports.pickUi();
    ownTemporal = { address: `127.0.0.1:${frontend}`, ui: `http://127.0.0.1:${ui}` };
    services.push(temporalService({ frontend, ui }, config, layout));
  }
  const orchestrators = await places(
    'orchestrator',
    config.orchestrator.replicas,
    config.orchestrator.registryAddress,
    'orchestrator.registryAddress',
    ports,
  );
  const workers = await places('gpu-worker', config.worker.count, config.worker.address, 'worker.address', ports);
  const registryAddresses = orchestrators.map(({ listen }) => joinHostPort(listen));
  const environment = serviceEnvironment(config, {
    postgresUrl: config.postgres.url ?? ownPostgres ?? '',
    temporalAddress: config.temporal.address ?? ownTemporal?.address ?? '',
    artifactsUrl: artifactsUrl(config),
    registryAddresses: config.worker.registries ?? registryAddresses,
  });
  const surroundings = { environment, niceness: config.stack.niceness, layout };
  for (const { name, listen } of orchestrators) services.push(orchestratorService(name, listen, surroundings));
  for (const [i, { name, listen }] of workers.entries()) {
    const { nodeId } = config.worker;
    services.push(
      workerService(
        name,
        nodeId === null || workers.length === 1 ? nodeId : `${nodeId}-${i + 1}`,
        listen,
        surroundings,
      ),
    );
  }
  if (config.dashboard.enabled && orchestrators.length > 0) {
    const { address } = config.dashboard;
    const [place] = await places(DASHBOARD, 1, address, 'dashboard.address', ports);
    const writerUrl = config.postgres.url ?? ownPostgres;
    const ownReader = config.postgres.readerUrl ?? (writerUrl === null ? null : readerUrl(writerUrl));
    if (place !== undefined) services.push(dashboardService(place.listen, ownReader, surroundings));
  }
  if (services.length === 0) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      'there is nothing to start: the configuration points everything elsewhere',
      {
        key: 'orchestrator.replicas',
      },
    );
  }
  return {
    services,
    postgresUrl: ownPostgres,
    temporalAddress: ownTemporal?.address ?? null,
    temporalUiUrl: ownTemporal?.ui ?? null,
    registryAddresses,
  };
}

interface StackLocation {
  readonly name: string;
  readonly listen: HostPort;
}

/** One is called by its kind, several are numbered; a configured port is for the first, the others follow it. */
async function places(
  kind: string,
  count: number,
  address: string,
  key: string,
  ports: PortPicker,
): Promise<readonly StackLocation[]> {
  const { host, port } = splitHostPort(address);
  const result: StackLocation[] = [];
  for (let i = 0; i < count; i++) {
    const name = count === 1 ? kind : `${kind}-${i + 1}`;
    const fixed = port === 0 ? null : port + i;
    if (fixed !== null && !(await isFree(fixed, host))) {
      throw new LatentSweepError(
        'CONFIG_INVALID',
        `${key} is ${address}, but port ${fixed} of ${host} is in use by another process; end it, give another port, or 0 for a free one`,
        { key, port: fixed },
      );
    }
    result.push({ name, listen: { host, port: fixed ?? (await ports.pick(name)) } });
  }
  return result;
}

class PortPicker {
  readonly #before: StackRecord | null;
  readonly #taken = new Set<number>();

  constructor(before: StackRecord | null) {
    this.#before = before;
  }

  pick(service: string): Promise<number> {
    return this.#choose(this.#before?.services.find((one) => one.name === service)?.port ?? null);
  }

  pickUi(): Promise<number> {
    const url = this.#before?.temporalUiUrl ?? null;
    return this.#choose(url === null ? null : Number(new URL(url).port));
  }

  async #choose(preferred: number | null): Promise<number> {
    const port = await choosePort(preferred, this.#taken);
    this.#taken.add(port);
    return port;
  }
}
