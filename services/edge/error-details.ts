// The stack of an error, for whoever mends it: to a file, or to the terminal when asked for. The only place that shows stacks.

import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { makeFolder } from '../artifacts/index.ts';

export const DEBUG_VARIABLE = 'LSWEEP_DEBUG';

/** Error, causes and details as Node shows them, without colours. */
export function stackText(error: unknown): string {
  return inspect(error, { depth: 6, colors: false });
}

/** @returns the file, in `stateDir` where that can be written, else in the folder for temporary files; null = nowhere */
export function writeErrorDetails(error: unknown, stateDir: string | null, now: Date): string | null {
  const name = `${now.toISOString().replace(/[:.]/g, '-')}-${process.pid}.txt`;
  const text = `${[process.argv.join(' '), process.version, stackText(error)].join('\n')}\n`;
  for (const folder of [...(stateDir === null ? [] : [join(stateDir, 'errors')]), join(tmpdir(), 'lsweep-errors')]) {
    try {
      makeFolder(folder);
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    } catch {
      // full, read-only or another user's: the next place, and at last none; the error itself is told in any case
    }
  }
  return null;
}
