// The flags that every command has, before or after its name. Loaded at every start, so it needs no library.

import type { Command } from 'commander';

/** Long flags that take the next word. */
export const OPTIONS_WITH_VALUE: ReadonlySet<string> = new Set(['--config', '--dir']);

/** Adds the flags to the program itself; their values reach an action through `globalOptions`. */
export function addGlobalOptions(program: Command): Command {
  return program
    .option('--json', 'print one JSON value on stdout, progress on stderr')
    .option('--config <file>', 'configuration file')
    .option('--dir <dir>', 'folder whose .lsweep is meant (default: the current one)')
    .option('--debug', 'show the stack of an error (also: LSWEEP_DEBUG=1)')
    .option('--no-color', 'no colours (also: NO_COLOR=1)');
}
