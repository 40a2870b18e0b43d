// What the processes of a benchmark's stack have used, from /proc: CPU time and peak memory by kind of process.

import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessUsage {
  readonly processes: number;
  readonly cpu_s: number;
  /** Largest peak of one process, MB; pages shared with others are counted in. */
  readonly peak_mb: number;
}

/** In the order of the match; the first that a command line contains. */
const KINDS = [
  ['services/orchestrator/main', 'orchestrator'],
  ['services/gpu-worker/main', 'gpu-worker'],
  ['gpu-worker/simulate/main', 'trainers'],
  ['start-dev', 'temporal'],
  ['postgres', 'postgres'],
] as const;

/** Clock ticks of Linux on every architecture that Node runs on. */
const TICKS_PER_S = 100;

/** Of all descendants of this process, those that are alive and what ended ones left to their parents. */
export function usageByKind(): Readonly<Record<string, ProcessUsage>> {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (readProcess(Number(name)) ?? []) : []));
  const mine = new Set([process.pid]);
  for (let before = 0; before !== mine.size; ) {
    before = mine.size;
    for (const one of all) if (mine.has(one.parent)) mine.add(one.pid);
  }
  const usage: Record<string, ProcessUsage> = {};
  for (const { pid, command, cpuS, peakMb } of all) {
    const kind = KINDS.find(([text]) => command.includes(text))?.[1];
    if (!mine.has(pid) || kind === undefined) continue;
    const known = usage[kind] ?? { processes: 0, cpu_s: 0, peak_mb: 0 };
    usage[kind] = {
      processes: known.processes + 1,
      cpu_s: Number((known.cpu_s + cpuS).toFixed(1)),
      peak_mb: Math.round(Math.max(known.peak_mb, peakMb)),
    };
  }
  return usage;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly cpuS: number;
  readonly peakMb: number;
}

/** @returns null for a process that ended meanwhile */
function readProcess(pid: number): Process | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the name in brackets may contain spaces
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [parent = 0] = fields.slice(1, 2);
    const ticks = fields.slice(11, 15).reduce((sum, one) => sum + one, 0);
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return { pid, parent, command, cpuS: ticks / TICKS_PER_S, peakMb: Number(peak ?? 0) / 1_024 };
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return null;
    throw error;
  }
}
