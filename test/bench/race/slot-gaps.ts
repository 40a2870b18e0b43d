// Where the time of a race's slots went, from its ledger: between the end of one execution and the start of the next in the same process.

import { readFileSync } from 'node:fs';

export interface SlotGaps {
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly mean_ms: number;
  /** First start of the race to the first of the last process, s. */
  readonly ramp_s: number;
}

export function slotGaps(ledger: string): SlotGaps {
  const lastDone = new Map<string, number>();
  const firsts = new Map<string, number>();
  const gaps: number[] = [];
  for (const line of readFileSync(ledger, 'utf8').split('\n').slice(0, -1)) {
    const [kind, , at, pid = ''] = line.split(' ');
    const atMs = 1_000 * Number(at);
    const done = lastDone.get(pid);
    if (kind === 'done') lastDone.set(pid, atMs);
    else if (done === undefined) firsts.set(pid, atMs);
    else gaps.push(atMs - done);
  }
  gaps.sort((a, b) => a - b);
  const quantile = (share: number): number => Math.round(gaps[Math.floor(share * (gaps.length - 1))] ?? 0);
  const starts = [...firsts.values()];
  return {
    p50_ms: quantile(0.5),
    p99_ms: quantile(0.99),
    mean_ms: Math.round(gaps.reduce((sum, gap) => sum + gap, 0) / Math.max(1, gaps.length)),
    ramp_s: Number(((Math.max(...starts) - Math.min(...starts)) / 1_000).toFixed(2)),
  };
}
