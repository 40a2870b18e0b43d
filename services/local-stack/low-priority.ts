// The database goes first. Every commit and every question of a person waits for Postgres, which needs little; what fills a machine's cores beside
// it runs at a lower priority (`stack.niceness`), so that a full machine answers as an idle one does.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { ServiceCommand } from './service.ts';

const AUTOGROUP = '/proc/self/autogroup';

/** The same command and, since `nice` becomes what it starts, the same pid; its children, such as trainers, inherit it. */
export function lowPriority(command: ServiceCommand, niceness: number): ServiceCommand {
  if (niceness === 0) return command;
  return { ...command, file: 'nice', args: ['-n', String(niceness), command.file, ...command.args] };
}

/**
 * The same for this process's session. Where Linux shares the cores among sessions first (autogroup, sched(7)), the niceness of a process counts
 * within its session only, and every backend of Postgres is a session of its own, beside the one that holds the rest of the stack.
 *
 * @returns why it could not be done; null when it was, and where there are no such groups
 */
export function yieldSession(niceness: number): string | null {
  if (sessionGroup() === '') return null;
  try {
    writeFileSync(AUTOGROUP, String(niceness));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** 0 where there are no such groups. */
export function sessionNiceness(): number {
  return Number(/nice (-?\d+)/.exec(sessionGroup())?.[1] ?? 0);
}

/** `/autogroup-7 nice 0`; empty where this kernel has no such groups, or was started without them. */
export function sessionGroup(): string {
  return existsSync(AUTOGROUP) ? readFileSync(AUTOGROUP, 'utf8') : '';
}
