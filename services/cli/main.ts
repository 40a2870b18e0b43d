// The `lsweep` executable; lsweep.mjs loads it. Everything testable is in run-program.ts.

import { EXIT } from '../edge/index.ts';
import { reportEnd, runProgram } from './run-program.ts';

// what a callback or a forgotten promise throws ends like the command itself
process.on('uncaughtException', (error) => void endWith(error));
let isReaderGone = false;
for (const stream of [process.stdout, process.stderr]) {
  // `lsweep ls | head -1`: whoever reads has enough, which is no failure
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') void endWith(error);
    else if (!isReaderGone) endForReader();
  });
}

const exitCode = await runProgram(process.argv);
process.exitCode = isReaderGone ? EXIT.ok : exitCode;
// a call that waits for a Temporal that is away would keep an interrupted process for half a minute
if (exitCode === EXIT.interrupted) process.exit();

/** A command that has something to stop on its way out, a Postgres of its own, listens (interruption.ts). */
function endForReader(): void {
  isReaderGone = true;
  if (process.listenerCount('SIGTERM') === 0) process.exit(EXIT.ok);
  process.emit('SIGTERM', 'SIGTERM');
}

async function endWith(error: unknown): Promise<void> {
  process.exitCode = await reportEnd(error, process.argv);
  // a pipe takes the message later; process.exit would cut it
  process.stderr.write('', () => process.exit());
}
