// How Temporal's two connections are made: the client's over grpc-js, the workers' over the native core. Both go the same way, by
// services/rpc (route.ts), and never by the environment's *_proxy. Nothing connects here.

import type { ConnectionOptions } from '@temporalio/client';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { proxyOf, routeTo } from '../rpc/index.ts';
import type { TemporalOptions } from './options.ts';

const ADDRESS_KEY = 'temporal.address';

/** @throws LatentSweepError CONFIG_INVALID */
export function clientConnection({ address, proxy = null, tls }: TemporalOptions): ConnectionOptions {
  return { ...routeTo(address, proxy, ADDRESS_KEY), ...tlsShape(tls) };
}

/** @throws LatentSweepError CONFIG_INVALID */
export function workerConnection({ address, proxy = null, tls }: TemporalOptions): NativeConnectionOptions {
  const through = proxyOf(address, proxy, ADDRESS_KEY);
  return {
    address,
    ...(through === null ? {} : { proxy: { type: 'http-connect', targetHost: through } }),
    ...tlsShape(tls),
  };
}

interface TlsShape {
  readonly tls?: {
    readonly serverRootCACertificate?: Buffer;
    readonly clientCertPair?: { readonly crt: Buffer; readonly key: Buffer };
  };
}

function tlsShape(tls: TemporalOptions['tls']): TlsShape {
  if (tls === undefined) return {};
  const { ca, cert, key } = tls;
  return {
    tls: {
      ...(ca === undefined ? {} : { serverRootCACertificate: ca }),
      ...(cert === undefined || key === undefined ? {} : { clientCertPair: { crt: cert, key } }),
    },
  };
}
