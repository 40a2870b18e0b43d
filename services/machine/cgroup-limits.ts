// Limits of memory and CPU that the control groups of this process set, in version 1, version 2 and both at once. The tightest of the group
// and of all above it holds. Pure over an injected reader; a limit that says "none" (`max`, -1, a number larger than any machine) is none.

import { type Controller, cgroupFolders, type ReadText } from './cgroup-folders.ts';

export type { ReadText } from './cgroup-folders.ts';

export interface CgroupLimits {
  /** Bytes; null = none. */
  readonly memoryBytes: number | null;
  /** CPU time per time, a fraction where the quota is one; null = none. */
  readonly cpus: number | null;
}

/** Version 1 says "none" with the largest multiple of a page below 2^63. */
const NO_MEMORY_LIMIT_BYTES = 2 ** 60;

/** @param read a file's text, or null when it cannot be read */
export function cgroupLimits(read: ReadText): CgroupLimits {
  const each = (controller: Controller, limitIn: (folder: string) => number | null): readonly (number | null)[] =>
    cgroupFolders(controller, read).map(limitIn);
  const number = (path: string): number | null => positive(read(path)?.trim());
  return {
    memoryBytes: least(
      ...each('memory', (folder) => number(`${folder}/memory.limit_in_bytes`)),
      // above memory.high a group is slowed down until it is of no use
      ...each('unified', (folder) => least(number(`${folder}/memory.max`), number(`${folder}/memory.high`))),
    ),
    cpus: least(
      ...each('cpu', (folder) => share(number(`${folder}/cpu.cfs_quota_us`), number(`${folder}/cpu.cfs_period_us`))),
      ...each('cpuset', (folder) => cpuCount(read(`${folder}/cpuset.effective_cpus`) ?? read(`${folder}/cpuset.cpus`))),
      ...each('unified', (folder) => {
        const [quota, period] = (read(`${folder}/cpu.max`) ?? '').trim().split(' ');
        return share(positive(quota), positive(period));
      }),
      ...each('unified', (folder) => cpuCount(read(`${folder}/cpuset.cpus.effective`))),
    ),
  };
}

/** Of whole numbers above 0; anything else is no limit. */
function positive(text: string | undefined): number | null {
  const value = text !== undefined && /^\d+$/.test(text) ? Number(text) : 0;
  return value > 0 && value < NO_MEMORY_LIMIT_BYTES ? value : null;
}

function share(quota: number | null, period: number | null): number | null {
  return quota === null || period === null ? null : quota / period;
}

/** Of a list such as `0-3,8`; null = empty. */
function cpuCount(list: string | null): number | null {
  let count = 0;
  for (const part of (list ?? '').trim().split(',')) {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first !== undefined) count += Number(last ?? first) - Number(first) + 1;
  }
  return count > 0 ? count : null;
}

function least(...limits: readonly (number | null)[]): number | null {
  const known = limits.filter((limit) => limit !== null);
  return known.length === 0 ? null : Math.min(...known);
}
