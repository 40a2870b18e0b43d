// A small hub on 127.0.0.1: as much of the hub's interface as the client library uses to find a commit, list it and read files by range.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export const COMMIT = 'c0ffee'.padEnd(40, '0');

export interface HubServer {
  readonly url: string;
  /** `GET path` of every request so far, with the range where one was asked for; the library's one-byte probes are left out. */
  readonly requests: string[];
  /** How the next requests of a file's content are answered, in order; whole and right when the list is empty. */
  readonly faults: Map<string, Fault[]>;
  close(): Promise<void>;
}

export type Fault =
  /** Sends so many bytes of what was asked for, then breaks the connection. */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** Other bytes of the same length. */
  | { readonly kind: 'garbled' }
  /** The whole file, whatever range was asked for. */
  | { readonly kind: 'ignores-range' }
  | { readonly kind: 'status'; readonly status: number };

export interface HubContent {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Those kept in large-file storage: listed by SHA-256 instead of git's SHA-1. */
  readonly large: readonly string[];
}

const REPO = 'someone/tiny-model';

export async function startHub(t: TestContext, { files, large }: HubContent): Promise<HubServer> {
  const requests: string[] = [];
  const faults = new Map<string, Fault[]>();
  const server = createServer((request, response) => answer(request, response));
  server.keepAliveTimeout = 1;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  t.after(close);

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', 'http://hub');
    const { range } = request.headers;
    if (range !== 'bytes=0-0') requests.push(`GET ${pathname}${range === undefined ? '' : ` ${range}`}`);
    const file = pathname.split(`/${REPO}/resolve/${COMMIT}/`)[1];
    if (pathname === `/api/models/${REPO}/revision/main`) json(response, 200, { _id: '1', id: REPO, sha: COMMIT });
    else if (pathname === `/api/models/${REPO}/tree/${COMMIT}`) json(response, 200, listing());
    else if (file !== undefined && files.has(file)) content(response, file, files.get(file)!, range);
    else json(response, 404, { error: 'Repository not found' });
  }

  function listing(): unknown {
    return [...files].map(([path, bytes]) => {
      const oid = createHash('sha1').update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex');
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const lfs = large.includes(path) ? { lfs: { oid: sha256, size: bytes.byteLength, pointerSize: 130 } } : {};
      return { type: 'file', path, size: bytes.byteLength, oid, ...lfs };
    });
  }

  function content(response: ServerResponse, path: string, bytes: Uint8Array, range: string | undefined): void {
    const probe = range === 'bytes=0-0';
    const fault = probe ? undefined : faults.get(path)?.shift();
    if (fault?.kind === 'status') return json(response, fault.status, { error: 'busy' });
    const asked = fault?.kind === 'ignores-range' ? null : /^bytes=(\d+)-(\d+)$/.exec(range ?? '');
    const [from, to] = asked ? [Number(asked[1]), Number(asked[2]) + 1] : [0, bytes.byteLength];
    const part = Buffer.from(bytes.subarray(from, to));
    if (fault?.kind === 'garbled') part.fill(0x21);
    response.writeHead(asked ? 206 : 200, {
      etag: '"e"',
      'content-length': part.byteLength,
      ...(asked ? { 'content-range': `bytes ${from}-${to - 1}/${bytes.byteLength}` } : {}),
    });
    if (fault?.kind !== 'cut') response.end(part);
    else response.write(part.subarray(0, fault.bytes), () => setImmediate(() => response.destroy()));
  }

  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, faults, close };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
