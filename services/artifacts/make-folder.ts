// Folders with everything above them, where a user or the configuration says so. Node 20's own `recursive` never returns where the file system
// calls a child missing whose parent is there, such as below /proc or a link that leads nowhere; this tries each folder once.

import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** @param mode of the folders that are made. @throws the file system's error, for the first folder that cannot be made */
export function makeFolder(path: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let folder = resolve(path); !isFolder(folder); folder = dirname(folder)) missing.unshift(folder);
  for (const folder of missing) makeOne(folder, mode);
}

function makeOne(folder: string, mode: number): void {
  try {
    mkdirSync(folder, mode);
  } catch (error) {
    // another process made it meanwhile
    if (!isFolder(folder)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
