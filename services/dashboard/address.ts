// The address that the configuration gives (its schema has checked that it stays on this machine), and the names a browser may call it by.

export interface DashboardAddress {
  readonly host: string;
  /** 0 = a free one. */
  readonly port: number;
}

/** @param address host:port */
export function dashboardAddress(address: string): DashboardAddress {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(address.slice(colon + 1)) };
}

/** What the Host header may say: a page of somebody else's name that resolves to the loopback must not read ours (DNS rebinding). */
export function hostNames({ host, port }: DashboardAddress): readonly string[] {
  const own = host.includes(':') ? `[${host}]` : host;
  return [...new Set([own, '127.0.0.1', 'localhost', '[::1]'])].map((name) => `${name}:${port}`);
}
