// Names a process so that a reused pid is not taken for it: pid, when it started, and on which boot of the machine.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

export const processMarkSchema = z.strictObject({
  pid: z.int().min(1),
  /** Opaque; compared only. */
  started: z.string(),
});

export type ProcessMark = Readonly<z.infer<typeof processMarkSchema>>;

/** @returns null when there is no such process, or it is a zombie that nobody has collected yet */
export function markOf(pid: number): ProcessMark | null {
  const started = process.platform === 'linux' ? startedOnLinux(pid) : startedElsewhere(pid);
  return started === null ? null : { pid, started };
}

export function isAlive(mark: ProcessMark): boolean {
  return markOf(mark.pid)?.started === mark.started;
}

/** Clock ticks since the boot (proc_pid_stat(5), field 22) and the id of the boot. */
function startedOnLinux(pid: number): string | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // the second field, the program's name in parentheses, may itself hold spaces and parentheses
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  return `${readOrNull('/proc/sys/kernel/random/boot_id')?.trim() ?? ''}/${fields[19] ?? ''}`;
}

function startedElsewhere(pid: number): string | null {
  try {
    const text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return text.startsWith('Z') ? null : text.replace(/^\S+\s+/, '');
  } catch {
    // ps ends with 1 when there is no such process
    return null;
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return null;
    throw error;
  }
}
