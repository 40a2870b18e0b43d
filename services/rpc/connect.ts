// Clients of the two services. A connection opens with its first call and reconnects by itself.

import { ChannelCredentials, createChannel, createClientFactory } from 'nice-grpc';
import { errorDetailsClientMiddleware } from 'nice-grpc-error-details';
import { type RegistryServiceClient, RegistryServiceDefinition } from '../gen/latentsweep/registry/v1/registry.ts';
import { type WorkerServiceClient, WorkerServiceDefinition } from '../gen/latentsweep/worker/v1/worker.ts';
import { requireProtection, sendSecret } from './access.ts';
import { checkedAddress, formatAddress } from './address.ts';
import { clientOptions, type MethodNames } from './channel-options.ts';
import { clientErrors } from './client-errors.ts';
import type { RpcOptions } from './options.ts';
import { routeTo } from './route.ts';

export interface Connection<Client> {
  /** Rejects with LatentSweepError; transport failures as NODE_LOST. */
  readonly client: Client;
  /** Running calls end as NODE_LOST. */
  readonly close: () => void;
}

/**
 * @param address host:port of a node's WorkerService
 * @throws LatentSweepError CONFIG_INVALID for a malformed address, one beyond this machine without TLS, or without TLS and secret
 */
export function connectWorker(address: string, options: RpcOptions): Connection<WorkerServiceClient> {
  const { channel, factory } = open(address, options, 'worker.address', methodsOf(WorkerServiceDefinition));
  return { client: factory.create(WorkerServiceDefinition, channel), close: () => channel.close() };
}

/** @param address host:port of an orchestrator's RegistryService */
export function connectRegistry(address: string, options: RpcOptions): Connection<RegistryServiceClient> {
  const { channel, factory } = open(address, options, 'worker.registries', methodsOf(RegistryServiceDefinition));
  return { client: factory.create(RegistryServiceDefinition, channel), close: () => channel.close() };
}

interface Opened {
  readonly channel: ReturnType<typeof createChannel>;
  readonly factory: ReturnType<typeof createClientFactory>;
}

function open(address: string, options: RpcOptions, fallbackKey: string, methods: MethodNames): Opened {
  const peer = formatAddress(checkedAddress(address, options, fallbackKey));
  requireProtection(options);
  const { tls, secret, proxy = null, configKey = fallbackKey } = options;
  const route = routeTo(peer, proxy, configKey);
  const credentials =
    tls === undefined ? ChannelCredentials.createInsecure() : ChannelCredentials.createSsl(tls.ca, tls.key, tls.cert);
  const factory = createClientFactory().use(errorDetailsClientMiddleware).use(clientErrors(peer));
  return {
    channel: createChannel(route.address, credentials, {
      ...route.channelArgs,
      ...clientOptions(methods, tls?.serverName),
    }),
    // attached first, runs innermost
    factory: secret === undefined ? factory : factory.use(sendSecret(secret)),
  };
}

interface Definition {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, { readonly name: string; readonly responseStream: boolean }>>;
}

function methodsOf({ fullName, methods }: Definition): MethodNames {
  const all = Object.values(methods);
  return {
    service: fullName,
    unary: all.filter((one) => !one.responseStream).map((one) => one.name),
    streams: all.filter((one) => one.responseStream).map((one) => one.name),
  };
}
