// The flags that every command has, before or after its name. Commands read them with `globalOptions(command)`.

import type { Command } from 'commander';
import { z } from 'zod';

export interface GlobalOptions {
  /** Print one JSON value on stdout; progress goes to stderr as plain lines. */
  readonly json: boolean;
  /** Configuration file; undefined = the default places of services/config. */
  readonly config: string | undefined;
  /** Folder whose `.lsweep` is meant; undefined = the current one. */
  readonly dir: string | undefined;
  readonly color: boolean;
}

const schema = z.object({
  json: z.boolean().default(false),
  config: z.string().optional(),
  dir: z.string().optional(),
  color: z.boolean().default(true),
});

export function addGlobalOptions(program: Command): Command {
  return program
    .option('--json', 'print one JSON value on stdout, progress on stderr')
    .option('--config <file>', 'configuration file')
    .option('--dir <dir>', 'folder whose .lsweep is meant (default: the current one)')
    .option('--debug', 'show the stack of an error (also: LSWEEP_DEBUG=1)')
    .option('--no-color', 'no colours (also: NO_COLOR=1)');
}

/** @param command the command whose action runs */
export function globalOptions(command: Command): GlobalOptions {
  const { json, config, dir, color } = schema.parse(command.optsWithGlobals());
  return { json, config, dir, color: color && (process.env['NO_COLOR'] ?? '') === '' };
}
