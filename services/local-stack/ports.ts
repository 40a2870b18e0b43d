// Free ports of the loopback, chosen once and then kept. From below the range that systems hand out to outgoing connections, so that a
// recorded port is still free after a restart.

import { randomInt } from 'node:crypto';
import { connect, createServer, type NetConnectOpts } from 'node:net';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const LOWEST = 15_000;
const HIGHEST = 32_000;
const TRIES = 200;
const CONNECT_TIMEOUT_MS = 1_000;

/** @param preferred the recorded port; another is taken only when that one is in use by somebody else */
export async function choosePort(preferred: number | null, taken: ReadonlySet<number>): Promise<number> {
  if (preferred !== null && !taken.has(preferred) && (await isFree(preferred))) return preferred;
  for (let i = 0; i < TRIES; i++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new LatentSweepError('INTERNAL', `no free port of 127.0.0.1 was found between ${LOWEST} and ${HIGHEST}`);
}

export function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether somebody accepts connections there. */
export function accepts(to: NetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...to, timeout: CONNECT_TIMEOUT_MS });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
