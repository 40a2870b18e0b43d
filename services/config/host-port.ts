// host:port as the configuration writes it, taken apart and put together. The schema has checked its form (forms.ts).

export interface HostPort {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  /** 0 = a free one, when listening. */
  readonly port: number;
}

export function splitHostPort(address: string): HostPort {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(address.slice(colon + 1)) };
}

export function joinHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
