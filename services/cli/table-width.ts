// How wide a table may be: the terminal's columns, or null where stdout is none or --wide asks for everything.

import type { Command } from 'commander';
import { z } from 'zod';

const schema = z.object({ wide: z.boolean().default(false) });

/** @param command the command whose action runs */
export function tableWidth(
  command: Command,
  stdout: { readonly isTTY?: boolean; readonly columns?: number } = process.stdout,
): number | null {
  const { wide } = schema.parse(command.opts());
  // a terminal that does not know its size says 0
  return wide || stdout.isTTY !== true || !stdout.columns ? null : stdout.columns;
}
