// lsweep sql: a person's query over the study views, as table, CSV or JSON.

import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { visibleText } from '../../../workflows/domain/visible-text.ts';
import { globalOptions } from '../global-options.ts';

const HELP = `
Runs under a login that can only read. A table shows the first 1000 rows; --csv and --json have all, whatever their number. Text in CSV that a
spreadsheet would run as a formula has a single quote in front; JSON has it as it is. Views worth knowing: study.sweeps, study.cells, study.accuracy, study.curves, study.phases,
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
      const [{ configOf, withPeoplesReader }, { BATCH_ROWS, csvChunks, jsonOf, tableOf }, { writeStream }] =
        await Promise.all([import('../access.ts'), import('../render/query-result.ts'), import('../write-stream.ts')]);
      await withPeoplesReader(configOf(options), async (reader) => {
        const batches = reader.batches(query, BATCH_ROWS);
        const texts = options.json ? jsonOf(batches) : csv ? csvChunks(batches) : tableOf(batches);
        // a file or program gets CSV as it is
        const asIs = csv && !process.stdout.isTTY;
        await writeStream(process.stdout, texts, asIs ? (text) => text : visibleText);
      });
    });
}

function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty.');
  return text;
}
