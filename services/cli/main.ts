// The `lsweep` executable; lsweep.mjs loads it. Everything testable is in run-program.ts.

import { runProgram } from './run-program.ts';

process.exitCode = await runProgram(process.argv);
