// Prints the ends of log files, and with `follow` whatever comes after, each line behind its process's name.

import { visibleText } from '../../../workflows/domain/visible-text.ts';
import { listenForInterruption, waitUnlessAborted } from '../interruption.ts';
import { readableLogLine } from './log-line.ts';
import { openLogTail } from './log-tail.ts';
import type { LogFile } from './stack-logs.ts';

/** How many lines of the past of each file, and whether to go on until interrupted. */
export interface PrintLogs {
  readonly lines: number;
  readonly follow: boolean;
  /** Lines as they are in the files; control characters in them as JSON writes them. */
  readonly raw: boolean;
}

const POLL_MS = 300;

/**
 * Writes to stdout, the files in their order; with `follow` until Ctrl-C. A file that is not there yet is waited for.
 */
export async function printLogs(files: readonly LogFile[], { lines, follow, raw }: PrintLogs): Promise<void> {
  const width = Math.max(0, ...files.map(({ process }) => process.length));
  const tails = files.map((file) => ({ ...file, tail: openLogTail(file.path, lines) }));
  const prefixed = (name: string, line: string): string => {
    if (raw) return visibleText(line);
    return files.length === 1 ? readableLogLine(line) : `${name.padEnd(width)}  ${readableLogLine(line)}`;
  };
  const print = async (): Promise<void> => {
    for (const { process: name, tail } of tails) {
      const text = (await tail.next()).map((line) => `${prefixed(name, line)}\n`).join('');
      if (text !== '') process.stdout.write(text);
    }
  };
  await print();
  if (!follow) return;
  const interruption = listenForInterruption();
  try {
    while (!interruption.signal.aborted) {
      await waitUnlessAborted(POLL_MS, interruption.signal);
      await print();
    }
  } finally {
    interruption.stopListening();
  }
}
