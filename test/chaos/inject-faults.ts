// Carries out planned injections at their time. Signals go to processes of the stack alone, by pid and start time; whatever was suspended or
// disturbed is set going again, at the latest when it returns.

import { setTimeout as pause } from 'node:timers/promises';
import { isAlive, markOf, type ProcessMark } from '../../services/config/index.ts';
import type { ChaosStack } from './chaos-stack.ts';
import { type Injection, kindOf, type PlannedInjection } from './fault-schedule.ts';
import { treeOf } from './processes.ts';

export interface InjectedFault {
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly injection: Injection;
  readonly kind: string;
  /** null = the target did not run at that moment: nothing was done. */
  readonly pid: number | null;
}

/** Until a target that is just being started runs; then the injection is given up. */
const TARGET_WAIT_MS = 3_000;
const POLL_MS = 50;

/** @param onInjection told before each */
export async function injectFaults(
  stack: ChaosStack,
  plan: readonly PlannedInjection[],
  onInjection: (injection: InjectedFault) => void,
): Promise<void> {
  const startMs = performance.now();
  const healings: Promise<void>[] = [];
  for (const { atMs, injection } of plan) {
    await pause(Math.max(0, startMs + atMs - performance.now()));
    const found = injection.kind === 'network' ? null : await running(stack, injection);
    onInjection({ atMs: Date.now(), injection, kind: kindOf(injection), pid: found?.pid ?? null });
    switch (injection.kind) {
      case 'kill':
        if (found !== null) signal(found, 'SIGKILL');
        break;
      case 'suspend':
        if (found !== null) healings.push(suspend(injection, found));
        break;
      case 'network':
        healings.push(disturb(stack, injection));
    }
  }
  await Promise.all(healings);
}

async function running(
  stack: ChaosStack,
  { target }: Exclude<Injection, { kind: 'network' }>,
): Promise<ProcessMark | null> {
  const deadlineMs = performance.now() + TARGET_WAIT_MS;
  for (;;) {
    const mark = stack.processOf(target);
    if (mark !== null || performance.now() > deadlineMs) return mark;
    await pause(POLL_MS);
  }
}

/** Postgres is a family of processes, and all of them stand still; a worker's trainers are processes of their own. */
async function suspend(
  { target, forMs }: Extract<Injection, { kind: 'suspend' }>,
  { pid }: ProcessMark,
): Promise<void> {
  const pids = target.what === 'postgres' ? treeOf(pid) : [pid];
  const marks = pids.flatMap((one) => markOf(one) ?? []);
  for (const mark of marks) signal(mark, 'SIGSTOP');
  await pause(forMs);
  for (const mark of marks) signal(mark, 'SIGCONT');
}

const disturbances = new WeakMap<object, number>();

/** A link that is disturbed again meanwhile heals with the later disturbance. */
async function disturb(
  stack: ChaosStack,
  { target, fault, forMs }: Extract<Injection, { kind: 'network' }>,
): Promise<void> {
  const links = stack.linksOf(target).map((link) => {
    const turn = (disturbances.get(link) ?? 0) + 1;
    disturbances.set(link, turn);
    link.disturb(fault);
    return { link, turn };
  });
  await pause(forMs);
  for (const { link, turn } of links) if (disturbances.get(link) === turn) link.disturb(null);
}

function signal(mark: ProcessMark, name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  if (!isAlive(mark)) return;
  try {
    process.kill(mark.pid, name);
  } catch (error) {
    // it ended in between
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
