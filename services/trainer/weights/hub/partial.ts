// The unfinished file of a download. Its name carries its writer, so that several processes of a machine (or several machines on one folder)
// download a file once: who comes second waits, and takes the unfinished file over when its writer is gone.

import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const SUFFIX = '.partial';
/** A writer touches its file this often, whether bytes come or not. */
const TOUCH_MS = 10_000;
/** An untouched file has no writer: twelve touches missed. */
const ABANDONED_MS = 120_000;
const WAIT_MS = 250;

export interface PartialFile {
  readonly path: string;
  /** Gives the file up for others to continue; without effect once it is renamed. */
  release(): Promise<void>;
}

/**
 * Waits while another writer is at work.
 * @returns null when `blob` is there by then
 */
export async function takePartial(
  folder: string,
  blob: string,
  signal: AbortSignal | null,
): Promise<PartialFile | null> {
  const own = `${blob}.${hostName()}.${process.pid}.${randomUUID().slice(0, 8)}${SUFFIX}`;
  const path = join(folder, own);
  for (;;) {
    signal?.throwIfAborted();
    const names = await readdir(folder);
    if (names.includes(blob)) return null;
    const partials = names.filter((name) => name.startsWith(`${blob}.`) && name.endsWith(SUFFIX));
    const writing = await Promise.all(partials.map((name) => isWriting(folder, name)));
    if (writing.includes(true)) {
      await delay(WAIT_MS);
      continue;
    }
    const [left] = partials;
    if (left === undefined) await writeFile(path, '', { flag: 'wx' });
    else if (!(await renamed(join(folder, left), path))) continue;
    if (await isFirstWriter(folder, blob, own)) return hold(folder, blob, path);
    await rm(path, { force: true });
  }
}

/** Of writers that began at the same moment, the first by name goes on. */
async function isFirstWriter(folder: string, blob: string, own: string): Promise<boolean> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${blob}.`) || !name.endsWith(SUFFIX) || name >= own) continue;
    if (await isWriting(folder, name)) return false;
  }
  return true;
}

function hold(folder: string, blob: string, path: string): PartialFile {
  const touch = setInterval(() => {
    const now = new Date();
    // a file that was finished in between is no longer there
    utimes(path, now, now).catch(() => clearInterval(touch));
  }, TOUCH_MS);
  touch.unref();
  return {
    path,
    async release() {
      clearInterval(touch);
      await renamed(path, join(folder, `${blob}.left.${randomUUID().slice(0, 8)}${SUFFIX}`));
    },
  };
}

async function isWriting(folder: string, name: string): Promise<boolean> {
  const [host, pid] = name.split('.').slice(1);
  if (host === 'left') return false;
  const found = await stat(join(folder, name)).catch(missing);
  if (found === null || Date.now() - found.mtimeMs > ABANDONED_MS) return false;
  return host !== hostName() || isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // no permission to signal it: it is there
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Without dots, which separate the parts of the name; `left` is no host. */
const hostName = (): string => `host-${hostname().replace(/[^A-Za-z0-9-]/g, '-')}`;

/** false when another process was faster. */
async function renamed(from: string, to: string): Promise<boolean> {
  const done = await rename(from, to).catch(missing);
  return done !== null;
}

function missing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
