// The `lsweep` executable; lsweep.mjs loads it. Everything testable is in run-program.ts.

import { EXIT } from './exit-codes.ts';
import { runProgram } from './run-program.ts';

// `lsweep ls | head`: whoever reads has enough, which is no failure
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
});

process.exitCode = await runProgram(process.argv);
// a call that waits for a Temporal that is away would keep an interrupted process for half a minute
if (process.exitCode === EXIT.interrupted) process.exit();
