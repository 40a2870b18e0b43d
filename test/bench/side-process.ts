// One side of a comparison as a process that stays up: it says one line when it is warm, then one for every round that it is asked for.
// Two sides take turns, so that a noisy machine hits both alike.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface Side {
  /** What it prints of one round. */
  round(): Promise<string>;
  /** Largest resident memory so far, MB. */
  peakMb(): number;
  close(): Promise<void>;
}

/** Resolves when it is warm. */
export async function openSide(command: string, parameters: readonly string[]): Promise<Side> {
  const child: ChildProcessWithoutNullStreams = spawn(command, parameters);
  child.stderr.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const next = await lines.next();
    if (next.done === true) throw new Error(`${command} ${parameters[0]} ended`);
    return next.value;
  };
  await line();
  return {
    round: () => {
      child.stdin.write('round\n');
      return line();
    },
    peakMb: () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    close: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.stdin.end();
      await ended;
    },
  };
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
