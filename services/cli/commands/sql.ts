// lsweep sql: a named query or a person's own statement over the study views, as table, CSV, JSON or Parquet.

import type { Command } from 'commander';
import { z } from 'zod';
import { visibleText } from '../../../workflows/domain/visible-text.ts';
import { wholeNumber } from '../argument-parsers.ts';
import { globalOptions } from '../global-options.ts';

const HELP = `
The query is the name of one (lsweep sql --list), a statement, or - for standard
input. Every :NAME in a statement is a parameter, given with --NAME VALUE.

Runs under a login that can only read. A table shows the first 1000 rows and
says so; --csv, --json and --parquet have all, whatever their number. Text in
CSV that a spreadsheet would run as a formula has a single quote in front.

Examples:
  lsweep sql --list
  lsweep sql best-cells --sweep quickstart --limit 10
  lsweep sql best-cells --sweep quickstart --sql
  lsweep sql "select system, latents, accuracy, chance from study.cells
              where sweep = :sweep" --sweep quickstart
  lsweep sql curve --sweep quickstart --cell 0 --csv > curve.csv
  lsweep sql --file mine.sql --parquet mine.parquet
  lsweep --json sql "select * from study.failures"`;

const optionsSchema = z.object({
  list: z.boolean().default(false),
  sql: z.boolean().default(false),
  csv: z.boolean().default(false),
  parquet: z.string().min(1).optional(),
  file: z.string().min(1).optional(),
  limit: z.number().optional(),
});

export function register(program: Command): void {
  program
    .command('sql')
    .description('query the results, by name or in SQL; works whether the stack is up or not')
    .argument(
      '[query...]',
      'name of a query, one SQL statement, or - for standard input; --NAME VALUE for its parameters',
    )
    .option('--list', 'list the named queries; with a name: its parameters, units and caveat')
    .option('--sql', 'print the statement with its values instead of running it')
    .option('--csv', 'comma-separated values with a heading, RFC 4180')
    .option('--parquet <file>', 'write a Parquet file')
    .option('--file <file>', 'read the statement from a file')
    .option('--limit <n>', 'rows at most', wholeNumber(0))
    .allowUnknownOption()
    .addHelpText('after', HELP)
    .action(async (words: readonly string[], _: unknown, command: Command) => {
      const options = { ...globalOptions(command), ...optionsSchema.parse(command.opts()) };
      const { list, file, limit, csv, parquet, json } = options;
      if ([csv, parquet !== undefined, json].filter(Boolean).length > 1)
        command.error('error: --csv, --parquet and --json exclude each other');
      const { queryWords } = await import('../sql/query-words.ts');
      const { query, given } = queryWords(words);
      if (list && given.size > 0) command.error('error: --list takes no parameters');
      if (list) return await printList(query, command);
      if (query !== undefined && file !== undefined) command.error('error: a query and --file exclude each other');
      if (query === undefined && file === undefined && process.stdin.isTTY)
        command.error('error: which query? lsweep sql --list names those that are ready, lsweep help sql shows more');
      const { statementOf } = await import('../sql/statement.ts');
      const statement = await statementOf({ query, file, limit, given });
      if (options.sql) {
        const { openOutput } = await import('../output.ts');
        openOutput(options).result(statement, `${statement.sql};`);
        return;
      }
      await run(statement, options);
    });
}

async function printList(query: string | undefined, command: Command): Promise<void> {
  const [{ readNamedQueries, findNamedQuery }, { queryListText, queryText }, { openOutput }] = await Promise.all([
    import('../../named-queries/index.ts'),
    import('../sql/query-list.ts'),
    import('../output.ts'),
  ]);
  const queries = await readNamedQueries();
  const width = Math.min(process.stdout.columns || 80, 100);
  const output = openOutput(globalOptions(command));
  if (query === undefined) {
    output.result(queries, queryListText(queries, width));
    return;
  }
  const named = findNamedQuery(queries, query);
  output.result(named, queryText(named, width));
}

type Options = ReturnType<typeof globalOptions> & z.infer<typeof optionsSchema>;

async function run(
  { sql, limit }: { readonly sql: string; readonly limit: number | undefined },
  options: Options,
): Promise<void> {
  const { json, csv, parquet } = options;
  const [{ configOf, withPeoplesReader }, { csvChunks }, result, { limited }] = await Promise.all([
    import('../access.ts'),
    import('../../answers/index.ts'),
    import('../render/query-result.ts'),
    import('../sql/limited.ts'),
  ]);
  await withPeoplesReader(configOf(options), async (reader) => {
    if (parquet !== undefined) {
      const [{ ROWS_PER_GROUP, writeParquet }, { openOutput }] = await Promise.all([
        import('../render/parquet-file.ts'),
        import('../output.ts'),
      ]);
      const rows = await writeParquet(parquet, limited(reader.batches(sql, ROWS_PER_GROUP), limit));
      openOutput(options).result({ file: parquet, rows }, `${parquet}: ${rows} ${rows === 1 ? 'row' : 'rows'}`);
      return;
    }
    const { writeStream } = await import('../write-stream.ts');
    const batches = reader.batches(sql, result.BATCH_ROWS);
    const texts = json
      ? result.jsonOf(limited(batches, limit))
      : csv
        ? csvChunks(limited(batches, limit))
        : result.tableOf(batches, limit);
    // a file or program gets CSV as it is
    const asIs = csv && !process.stdout.isTTY;
    await writeStream(process.stdout, texts, asIs ? (text) => text : visibleText);
  });
}
