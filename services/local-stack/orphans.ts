// Processes of a stack whose supervisor was killed: found by pid and start time in its record, ended in the stack's own order. They are not
// taken over: nobody but a parent learns how its child ends.

import { setTimeout as pause } from 'node:timers/promises';
import { isAlive, type ServiceRecord, type StackRecord } from '../config/index.ts';

const POLL_MS = 50;
/** As long as the longest orderly stop; then SIGKILL. */
const GRACE_MS = 60_000;

export function orphansOf(record: StackRecord): readonly ServiceRecord[] {
  return record.services.filter((one) => one.process !== null && isAlive(one.process));
}

/** Nodes first, so that their attempts end with a checkpoint while somebody still listens; Postgres last. */
export async function endOrphans(record: StackRecord, note: (service: string) => void): Promise<void> {
  for (const { name, process: mark } of [...orphansOf(record)].reverse()) {
    if (mark === null) continue;
    note(name);
    signal(mark.pid, name === 'postgres' ? 'SIGINT' : 'SIGTERM');
    for (const deadlineMs = performance.now() + GRACE_MS; isAlive(mark); await pause(POLL_MS)) {
      if (performance.now() > deadlineMs) signal(mark.pid, 'SIGKILL');
    }
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // it ended in between
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
