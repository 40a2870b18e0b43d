// lsweep report: one page with tables, figures, paired tests and verdicts of a sweep, with every number as CSV beside it.

import type { Command } from 'commander';
import { z } from 'zod';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

const HELP = `
The folder gets index.html (one page that needs nothing else), cells.csv, pairs.csv, verdicts.csv, gpu-hours.csv, and each figure as SVG
with its numbers as CSV in figures/. A report of a sweep that still runs tells what is finished.

Example:
  lsweep report quickstart --out quickstart-report`;

export function register(program: Command): void {
  program
    .command('report')
    .description(
      'write a page with tables, figures, tests and verdicts of a sweep; works whether the stack is up or not',
    )
    .argument('<sweep>', 'name of the sweep')
    .option('--out <dir>', 'folder for it (default: report-<sweep>)')
    .addHelpText('after', HELP)
    .action(async (sweep: string, _: unknown, command: Command) => {
      const options = globalOptions(command);
      const { out } = z.object({ out: z.string().min(1).optional() }).parse(command.opts());
      const [{ configOf, withReader }, { writeReport }, { reportSource }, { writtenText, writtenValue }] =
        await Promise.all([
          import('../access.ts'),
          import('../../report/index.ts'),
          import('../report-source.ts'),
          import('../results/written-report.ts'),
        ]);
      const source = await reportSource(new Date());
      const written = await withReader(configOf(options), (reader) =>
        writeReport(reader, sweep, { out: out ?? `report-${sweep}`, source }),
      );
      openOutput(options).result(writtenValue(written), writtenText(written));
    });
}
