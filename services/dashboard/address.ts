// The names that a browser may call the dashboard by.

import { type HostPort, joinHostPort } from '../config/index.ts';

/** What the Host header may say: a page of somebody else's name that resolves to the loopback must not read ours (DNS rebinding). */
export function hostNames({ host, port }: HostPort): readonly string[] {
  return [...new Set([host, '127.0.0.1', 'localhost', '::1'])].map((name) => joinHostPort({ host: name, port }));
}
