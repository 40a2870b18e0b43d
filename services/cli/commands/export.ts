// lsweep export SWEEP --out DIR: the sweep as Parquet files, for notebooks and other programs.

import type { Command } from 'commander';
import { z } from 'zod';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

const HELP = `
Writes cells.parquet, phases.parquet, items.parquet (questions with prediction and
right answer), curves.parquet (every metric at every step) and a README.md that
tells what each column means. Run again, it replaces them. Works whether the stack
is up or not.

Examples:
  lsweep export quickstart --out quickstart-data
  duckdb -c "select system, avg(accuracy) from 'quickstart-data/cells.parquet' group by 1"`;

const schema = z.object({ out: z.string().min(1), force: z.boolean().default(false) });

export function register(program: Command): void {
  program
    .command('export')
    .description('write a sweep as Parquet files with a description of every column')
    .argument('<sweep>', 'name of the sweep')
    .requiredOption('--out <dir>', 'folder to write; it is made where there is none')
    .option('--force', 'write beside files that no export makes')
    .addHelpText('after', HELP)
    .action(async (sweep: string, _: unknown, command: Command) => {
      const options = { ...globalOptions(command), ...schema.parse(command.opts()) };
      const [{ configOf, withPeoplesReader }, { exportSweep }, { packageVersion }] = await Promise.all([
        import('../access.ts'),
        import('../export/export-sweep.ts'),
        import('../../program/index.ts'),
      ]);
      const output = openOutput(options);
      const done = await withPeoplesReader(configOf(options), (reader) =>
        exportSweep(reader, {
          ...{ sweep, folder: options.out, force: options.force, version: packageVersion() },
          onFile: (file) => output.say(`${file} ...`),
        }),
      );
      const lines = done.files.map(({ file, rows }) => `  ${file.padEnd(16)} ${rows} ${rows === 1 ? 'row' : 'rows'}`);
      output.result(done, [`${options.out}: sweep ${sweep}; README.md tells every column`, ...lines].join('\n'));
    });
}
