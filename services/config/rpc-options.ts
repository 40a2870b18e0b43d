// What the connections between orchestrators and nodes are made with: certificates, secret and proxy of the configuration, files read.

import type { Config } from './load.ts';
import { readPemFiles, type TlsContent } from './pem-files.ts';
import { readSecret } from './secret-file.ts';

export interface RpcSettings {
  readonly tls: TlsContent | undefined;
  readonly secret: string | undefined;
  readonly insecure: boolean;
  readonly proxy: string | null;
}

/** @throws LatentSweepError CONFIG_INVALID naming the key whose file is of no use */
export function rpcSettings(config: Config): RpcSettings {
  return {
    tls: readPemFiles('tls', config.tls),
    secret: readSecret(config),
    insecure: config.insecure,
    proxy: config.grpcProxy,
  };
}
