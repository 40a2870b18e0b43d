// host:port as people write it, and whether it stays on this machine. Pure.

import { isIPv4 } from 'node:net';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { RpcOptions } from './options.ts';

export interface HostPort {
  readonly host: string;
  /** 0 = a free one, when listening. */
  readonly port: number;
}

/** @throws LatentSweepError CONFIG_INVALID naming `configKey` */
export function parseAddress(address: string, configKey: string): HostPort {
  const match = /^(?:\[(?<six>[0-9a-fA-F:]+)\]|(?<host>[^:[\]/\s]+)):(?<port>\d{1,5})$/.exec(address);
  const host = match?.groups?.['six'] ?? match?.groups?.['host'];
  const port = Number(match?.groups?.['port']);
  if (host === undefined || !(port <= 65_535)) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `${configKey} is "${address}"; allowed is host:port with a port from 0 to 65535, such as 127.0.0.1:7461 or [::1]:7461`,
      { key: configKey, value: address },
    );
  }
  return { host, port };
}

export function formatAddress({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}

/** @throws LatentSweepError CONFIG_INVALID when the address leaves this machine and nothing protects it */
export function checkedAddress(address: string, options: RpcOptions, fallbackKey: string): HostPort {
  const configKey = options.configKey ?? fallbackKey;
  const parsed = parseAddress(address, configKey);
  if (options.tls === undefined && options.insecure !== true && !isLoopback(parsed.host)) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `${configKey} is "${address}" without TLS; give ca, cert and key, use a loopback address such as 127.0.0.1:${parsed.port}, ` +
        'or allow it explicitly with insecure: true',
      { key: configKey, value: address },
    );
  }
  return parsed;
}
