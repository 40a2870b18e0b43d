// lsweep views [NAME]: what can be asked in SQL, from the database's own catalogue.

import type { Command } from 'commander';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

const HELP = `
Views keep their columns between releases (docs/stability.md); lsweep sql asks
them, and lsweep sql --list names questions that are ready.

Examples:
  lsweep views
  lsweep views cells
  lsweep views study.curves --json`;

export function register(program: Command): void {
  program
    .command('views')
    .description('list the views of schema study, or the columns of one, with what they mean')
    .argument('[name]', 'view such as cells or study.cells')
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, _: unknown, command: Command) => {
      const options = globalOptions(command);
      const [{ configOf, withReader }, { readRows }, { columnsQuery, viewsQuery }, text, { lsweepCommand }] =
        await Promise.all([
          import('../access.ts'),
          import('../../store/index.ts'),
          import('../queries/views.ts'),
          import('../render/view-list.ts'),
          import('../lsweep-command.ts'),
        ]);
      const output = openOutput(options);
      const width = process.stdout.columns || 80;
      await withReader(configOf(options), async (reader) => {
        const views = await readRows(reader, viewsQuery, []);
        if (name === undefined)
          return output.result(views, text.viewListText(views, width, lsweepCommand(process.env)));
        const wanted = name.replace(/^study\./, '');
        const found = views.find(({ view }) => view === wanted);
        if (found === undefined) throw await unknownView(name, views);
        const columns = await readRows(reader, columnsQuery, [wanted]);
        output.result({ ...found, columns }, text.viewText(wanted, found.comment, columns, width));
      });
    });
}

async function unknownView(name: string, views: readonly { readonly view: string }[]): Promise<LatentSweepError> {
  const { closest } = await import('fastest-levenshtein');
  const near =
    views.length === 0
      ? ''
      : `; nearest: ${closest(
          name,
          views.map(({ view }) => view),
        )}`;
  return new LatentSweepError(
    'INPUT_INVALID',
    `there is no view ${JSON.stringify(name)} in schema study${near}; lsweep views lists them`,
    { key: 'name', name },
  );
}
