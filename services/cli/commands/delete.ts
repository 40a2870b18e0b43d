// lsweep delete: a closed sweep with everything that only it has.

import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { visibleLine } from '../../../workflows/domain/visible-text.ts';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

const optionsSchema = z.object({ yes: z.boolean().default(false), dryRun: z.boolean().default(false) });

export function register(program: Command): void {
  program
    .command('delete')
    .description('delete a closed sweep with its rows and files; what other sweeps share stays')
    .argument('<sweep>', 'name of the sweep')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'only tell what would go')
    .addHelpText('after', '\nExamples:\n  lsweep delete prosqa-budgets --dry-run\n  lsweep delete prosqa-budgets --yes')
    .action(async (sweep: string, _: unknown, command: Command) => {
      const options = globalOptions(command);
      const { yes, dryRun } = optionsSchema.parse(command.opts());
      if (!yes && !dryRun && process.stdin.isTTY !== true) {
        command.error('error: nobody can be asked here; give --yes, or --dry-run to see what would go');
      }
      const [{ configOf }, { runDeletion, deletionText }] = await Promise.all([
        import('../access.ts'),
        import('../delete-sweep.ts'),
      ]);
      const done = await runDeletion(configOf(options), sweep, async (plan) => {
        if (dryRun) return false;
        return yes || (await askToDelete(deletionText(sweep, plan)));
      });
      const what = deletionText(sweep, done);
      openOutput(options).result(done, done.deleted ? `deleted ${what}` : `nothing is deleted; to go: ${what}`);
    });
}

async function askToDelete(what: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`Delete ${visibleLine(what)}? It cannot be undone. [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
