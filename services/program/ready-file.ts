// How a process tells the supervisor that it serves: a file that is there while it does, with its pid.

import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Whole when it has its name. @param facts of the process, beside its pid */
export function writeReadyFile(path: string | null, facts: Readonly<Record<string, unknown>>): void {
  if (path === null) return;
  writeFileSync(`${path}.new`, JSON.stringify({ pid: process.pid, ...facts }));
  renameSync(`${path}.new`, path);
}

export function removeReadyFile(path: string | null): void {
  if (path !== null) rmSync(path, { force: true });
}
