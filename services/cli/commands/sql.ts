// lsweep sql: a person's query over the study views, as table, CSV or JSON.

import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { visibleText } from '../../../workflows/domain/visible-text.ts';
import { globalOptions } from '../global-options.ts';

const HELP = `
Runs as a role that can only read. Views worth knowing: study.sweeps, study.cells, study.accuracy, study.curves, study.phases,
study.attempts, study.failures, study.running, study.nodes. Every column has a comment:
  lsweep sql "select attname, col_description(attrelid, attnum) from pg_attribute
              where attrelid = 'study.cells'::regclass and attnum > 0"

Examples:
  lsweep sql "select system, latents, accuracy, chance from study.cells where sweep = 'quickstart'"
  lsweep sql --csv "select step, value from study.curves where sweep = 'quickstart' and cell = 0" > curve.csv
  lsweep --json sql "select * from study.failures"`;

export function register(program: Command): void {
  program
    .command('sql')
    .description('query the results; works whether the stack is up or not')
    .argument('<query>', 'one SQL statement', notEmpty)
    .option('--csv', 'comma-separated values with a heading, RFC 4180')
    .addHelpText('after', HELP)
    .action(async (query: string, _: unknown, command: Command) => {
      const options = globalOptions(command);
      const { csv } = z.object({ csv: z.boolean().default(false) }).parse(command.opts());
      if (csv && options.json) command.error('error: --csv and --json exclude each other');
      const [{ configOf, withPeoplesReader }, { csvOf, jsonRows, tableOf }] = await Promise.all([
        import('../access.ts'),
        import('../render/query-result.ts'),
      ]);
      const result = await withPeoplesReader(configOf(options), (reader) => reader.query(query));
      const text = options.json
        ? `${JSON.stringify(jsonRows(result), null, 2)}\n`
        : csv
          ? csvOf(result)
          : tableOf(result);
      // a file or program gets CSV as it is
      process.stdout.write(csv && !process.stdout.isTTY ? text : visibleText(text));
    });
}

function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty.');
  return text;
}
