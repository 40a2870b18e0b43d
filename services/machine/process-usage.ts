// What a process has used so far: CPU time and system calls for input. Whoever waits for it can tell work on a full machine or a slow file
// system from a process that does nothing. Linux only: elsewhere nothing is known.

import { readFileSync } from 'node:fs';

export interface ProcessUsage {
  /** User and system time of all its threads, ms. */
  readonly cpuMs: number;
  /** Calls that read; 0 where the system does not tell. */
  readonly reads: number;
}

/** USER_HZ, fixed at 100 on every Linux that Node runs on. */
const MS_PER_TICK = 10;

/** @returns null when there is no such process, or this system does not tell */
export function processUsage(pid: number): ProcessUsage | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // from field 3 on (proc_pid_stat(5)): the second, the program's name in parentheses, may itself hold spaces and parentheses
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const reads = /^syscr: (\d+)$/m.exec(readOrNull(`/proc/${pid}/io`) ?? '')?.[1];
  return { cpuMs: ticks * MS_PER_TICK, reads: Number(reads ?? 0) };
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // gone, not ours to read, or no Linux
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}
