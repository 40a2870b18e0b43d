// One owner of a state folder at a time. The lock file names its holder by pid and start time; the lock of a process that is gone (killed,
// or before a reboot) is taken over. Taking over is itself exclusive, so that two who find the same dead holder do not both win.

import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { makeFolder } from '../artifacts/index.ts';
import { isAlive, markOf, type ProcessMark } from '../config/index.ts';

const holderSchema = z.strictObject({
  pid: z.int(),
  started: z.string(),
  role: z.enum(['supervisor', 'postgres alone']),
});
export type LockRole = z.infer<typeof holderSchema>['role'];
export type LockHolder = ProcessMark & { readonly role: LockRole };

/** A take-over lasts microseconds; one that is older was cut off. */
const TAKEOVER_STALE_MS = 5_000;
const TAKEOVER_POLL_MS = 5;

/** @returns the other living holder, or null when the lock is ours now */
export function takeStackLock(path: string, role: LockRole): LockHolder | null {
  makeFolder(dirname(path));
  const own = markOf(process.pid);
  if (own === null) throw new LatentSweepError('INTERNAL', 'this process cannot be found in the process table');
  // complete before it has its name: nobody reads half a holder
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ ...own, role }));
  try {
    for (;;) {
      if (link(draft, path)) return null;
      const holder = lockHolder(path);
      if (holder !== null) return holder;
      removeDead(path);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** @returns null when the lock is free, or its holder is gone */
export function lockHolder(path: string): LockHolder | null {
  const text = readOrNull(path);
  const parsed = holderSchema.safeParse(text === null ? null : parseJson(text));
  return parsed.success && isAlive(parsed.data) ? parsed.data : null;
}

/** Only when it is ours: a late release must not free somebody else's. */
export function releaseStackLock(path: string): void {
  if (lockHolder(path)?.pid === process.pid) rmSync(path, { force: true });
}

function removeDead(path: string): void {
  const takeover = `${path}.takeover`;
  if (!create(takeover)) {
    if (ageMs(takeover) > TAKEOVER_STALE_MS) rmSync(takeover, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TAKEOVER_POLL_MS);
    return;
  }
  try {
    // looked at again: another may have taken it over since
    if (lockHolder(path) === null) rmSync(path, { force: true });
  } finally {
    rmSync(takeover, { force: true });
  }
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function create(path: string): boolean {
  try {
    writeFileSync(path, '', { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function ageMs(path: string): number {
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // a damaged lock names nobody
    return null;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
