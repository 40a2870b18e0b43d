// Calls that a pattern of somebody else's file may never end: V8's regular expressions backtrack, and `(a+)+$` takes twice the time with every
// further letter. V8 looks for a request to stop while it backtracks, which only the watchdog of `node:vm` makes; the work itself runs in this
// realm and gives the same as without.

import { createContext, Script } from 'node:vm';

const context: { work: () => void } = { work: () => undefined };
createContext(context);
const script = new Script('work()');

/**
 * @param limitMs of CPU time of this process; a machine that stood still or is crowded does not count
 * @returns null when the work was ended
 * @throws whatever the work throws
 */
export function boundedCall<T>(limitMs: number, work: () => T): { readonly result: T } | null {
  const from = process.cpuUsage();
  do {
    let done: { readonly result: T } | null = null;
    context.work = () => {
      done = { result: work() };
    };
    try {
      script.runInContext(context, { timeout: limitMs });
      return done;
    } catch (error) {
      if (!isTimeOut(error)) throw error;
    }
  } while (usedMs(from) < limitMs / 2);
  return null;
}

/** Made by the other realm, whose errors are no instances of this one's. */
function isTimeOut(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}

function usedMs(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1_000;
}
