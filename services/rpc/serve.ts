// Servers of the two services, each with the standard health service beside it.

import { ServerCredentials } from '@grpc/grpc-js';
import { type CompatServiceDefinition, createServer, type ServiceImplementation } from 'nice-grpc';
import { errorDetailsServerMiddleware } from 'nice-grpc-error-details';
import { HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import {
  RegistryServiceDefinition,
  type RegistryServiceImplementation,
} from '../gen/latentsweep/registry/v1/registry.ts';
import { WorkerServiceDefinition, type WorkerServiceImplementation } from '../gen/latentsweep/worker/v1/worker.ts';
import { accessControl, requireProtection } from './access.ts';
import { checkedAddress, formatAddress } from './address.ts';
import { SERVER_OPTIONS } from './channel-options.ts';
import type { ServeOptions } from './options.ts';
import { serverErrors } from './server-errors.ts';

/** Calls that run on get so long to end by themselves; then streams are cut, whose readers attach elsewhere or again. */
const STOP_GRACE_MS = 1_000;

export interface RpcServer {
  /** host:port that is really listened on. */
  readonly address: string;
  /** What grpc.health.v1 answers; set false before a drain. */
  readonly setServing: (serving: boolean) => void;
  /** Refuses new calls, ends running ones, closes. */
  readonly stop: () => Promise<void>;
}

/**
 * @param address host:port to listen on; port 0 takes a free one
 * @throws LatentSweepError CONFIG_INVALID when the port is taken, the address is beyond this machine without TLS, or neither TLS nor a
 *   secret protects it
 */
export function serveWorker(
  implementation: WorkerServiceImplementation,
  address: string,
  options: ServeOptions,
): Promise<RpcServer> {
  return serve(WorkerServiceDefinition, implementation, address, 'worker.address', options);
}

/** As `serveWorker`, for the node registry of an orchestrator. */
export function serveRegistry(
  implementation: RegistryServiceImplementation,
  address: string,
  options: ServeOptions,
): Promise<RpcServer> {
  return serve(RegistryServiceDefinition, implementation, address, 'orchestrator.registryAddress', options);
}

async function serve<Service extends CompatServiceDefinition & { readonly fullName: string }>(
  definition: Service,
  implementation: ServiceImplementation<Service>,
  address: string,
  fallbackKey: string,
  options: ServeOptions,
): Promise<RpcServer> {
  requireProtection(options);
  const { tls, configKey = fallbackKey } = options;
  const { host, port } = checkedAddress(address, options, configKey);
  const health = HealthState();
  const setServing = (serving: boolean): void => {
    for (const service of ['', definition.fullName]) health.setStatus(serving ? 'healthy' : 'unhealthy', service);
  };
  setServing(true);
  // attached first, runs outermost
  const access = accessControl(options);
  const server = createServer({ ...SERVER_OPTIONS, ...(access === null ? {} : { interceptors: [access] }) })
    .use(errorDetailsServerMiddleware)
    .use(serverErrors(options.onUnexpected));
  server.add(definition, implementation);
  server.add(HealthDefinition, HealthServiceImpl(health));
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(tls.ca, [{ cert_chain: tls.cert, private_key: tls.key }], true);
  const listened = await server.listen(formatAddress({ host, port }), credentials).catch((error: unknown) => {
    throw listenError(error, address, port, configKey);
  });
  return {
    address: formatAddress({ host, port: listened }),
    setServing,
    stop: async () => {
      setServing(false);
      const late = setTimeout(() => server.forceShutdown(), STOP_GRACE_MS);
      await server.shutdown();
      clearTimeout(late);
    },
  };
}

/** grpc-js tells the reason only in the text. */
function listenError(error: unknown, address: string, port: number, configKey: string): LatentSweepError {
  const text = error instanceof Error ? error.message : String(error);
  const why = text.includes('EADDRINUSE')
    ? `port ${port} is in use by another process; end it or give another port (0 takes a free one)`
    : text.includes('EACCES')
      ? `port ${port} needs more rights; give one above 1023`
      : `it cannot be listened on (${text}); give an address of this machine`;
  return new LatentSweepError(
    'CONFIG_INVALID',
    `${configKey} is "${address}": ${why}`,
    { key: configKey, value: address, port },
    error,
  );
}
