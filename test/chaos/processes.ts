// The processes of a stack, read from /proc: by the folder that every one of them has in its environment or command line. Nothing is found by name.

import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly isZombie: boolean;
  readonly command: string;
}

/** Every process of the machine that can be read. */
export function allProcesses(): readonly ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = readOrEmpty(`/proc/${name}/stat`);
      if (stat === '') return [];
      const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const command = readOrEmpty(`/proc/${name}/cmdline`).replaceAll('\0', ' ');
      return [{ pid: Number(name), parent: Number(parent), isZombie: state === 'Z', command }];
    });
}

/** Processes that were started with `folder` in their environment or command line, `except` this one. */
export function processesOf(folder: string, except: number): readonly ProcessEntry[] {
  return allProcesses().filter(
    ({ pid, command }) =>
      pid !== except && (command.includes(folder) || readOrEmpty(`/proc/${pid}/environ`).includes(folder)),
  );
}

export function childrenOf(parent: number): readonly ProcessEntry[] {
  return allProcesses().filter((one) => one.parent === parent);
}

/** `pid` and everything below it. */
export function treeOf(pid: number): readonly number[] {
  const all = allProcesses();
  const tree = [pid];
  for (const one of tree) tree.push(...all.filter(({ parent }) => parent === one).map((child) => child.pid));
  return tree;
}

/** Empty when the process is gone, or belongs to another account. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return '';
    throw error;
  }
}
