// Cores and memory that this process may use: the machine's, or less where a container or a batch system allows less. The one answer for slot
// counts, threads, refusals for lack of memory, estimates and the test runner.

import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { type CgroupLimits, cgroupLimits, type ReadText } from './cgroup-limits.ts';

export interface MachineSize {
  /** Whole cores, at least 1: of a quota of 2.5 cores the half is nobody's. */
  readonly cores: number;
  readonly memoryBytes: number;
}

/** Read anew at every call: a limit may change while a process runs. */
export function machineSize(): MachineSize {
  return withinLimits({ cores: availableParallelism(), memoryBytes: totalmem() }, cgroupLimits(readOrNull));
}

export function withinLimits({ cores, memoryBytes }: MachineSize, limits: CgroupLimits): MachineSize {
  return {
    cores: Math.max(1, Math.floor(Math.min(cores, limits.cpus ?? cores))),
    memoryBytes: Math.min(memoryBytes, limits.memoryBytes ?? memoryBytes),
  };
}

const readOrNull: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // absent on this system or in this hierarchy, or closed to us: no limit is known from here
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
};
