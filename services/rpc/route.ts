// How a gRPC connection reaches a host: directly, whatever *_proxy says in the environment. Those variables are set for downloads; a proxy
// that took calls to the loopback, or to hosts of a closed network, would break every one of them and be named by none. Pure.

import type { ChannelOptions } from '@grpc/grpc-js';
import { formatAddress, isLoopback, parseAddress } from './address.ts';

export interface Route {
  /** host:port that the socket goes to: the host's own, or the proxy's. */
  readonly address: string;
  /** Of grpc-js 1.14; also the options of Temporal's client. */
  readonly channelArgs: ChannelOptions;
}

/**
 * @param address host:port of the server
 * @param proxy host:port of an HTTP CONNECT proxy for hosts beyond this machine; null = none
 * @param configKey of `address`, named when it is malformed
 * @throws LatentSweepError CONFIG_INVALID
 */
export function routeTo(address: string, proxy: string | null, configKey: string): Route {
  const target = parseAddress(address, configKey);
  const direct = { 'grpc.enable_http_proxy': 0 };
  const through = proxyOf(address, proxy, configKey);
  if (through === null) return { address: formatAddress(target), channelArgs: direct };
  return {
    address: through,
    channelArgs: {
      ...direct,
      // what the environment's variables would set, with the scheme that keeps a host from being read as one
      'grpc.http_connect_target': `dns:${formatAddress(target)}`,
      'grpc.default_authority': formatAddress(target),
    },
  };
}

/** @returns `proxy` where the address is beyond this machine, else null. @throws LatentSweepError CONFIG_INVALID */
export function proxyOf(address: string, proxy: string | null, configKey: string): string | null {
  if (isLoopback(parseAddress(address, configKey).host) || proxy === null) return null;
  return formatAddress(parseAddress(proxy, 'grpcProxy'));
}
