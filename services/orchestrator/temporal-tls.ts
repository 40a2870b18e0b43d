// TLS of the Temporal connection, in the shape that both the client and the native connection take.

import type { TemporalOptions } from './options.ts';

export interface TlsShape {
  readonly tls?: {
    readonly serverRootCACertificate?: Buffer;
    readonly clientCertPair?: { readonly crt: Buffer; readonly key: Buffer };
  };
}

export function temporalTls(tls: TemporalOptions['tls']): TlsShape {
  if (tls === undefined) return {};
  const { ca, cert, key } = tls;
  return {
    tls: {
      ...(ca === undefined ? {} : { serverRootCACertificate: ca }),
      ...(cert === undefined || key === undefined ? {} : { clientCertPair: { crt: cert, key } }),
    },
  };
}
