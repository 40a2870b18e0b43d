// The values of the flags that every command has (add-global-options.ts), for the commands.

import type { Command } from 'commander';
import { z } from 'zod';

/** Flags of the whole program, after the environment was looked at (NO_COLOR). */
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

/** @param command the command whose action runs */
export function globalOptions(command: Command): GlobalOptions {
  const { json, config, dir, color } = schema.parse(command.optsWithGlobals());
  return { json, config, dir, color: color && (process.env['NO_COLOR'] ?? '') === '' };
}
