// lsweep help [TOPIC]: help on a command, or on whatever else has a name here.

import type { Command } from 'commander';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';

const HELP = `
A topic is a command, an error code, a key of the sweep file or of the
configuration (or its variable), a named query, a system, or a word such as
"latent budget" (docs/glossary.md).

Examples:
  lsweep help run
  lsweep help train.batch
  lsweep help LSWEEP_WORKER_SLOTS
  lsweep help CONFLICT
  lsweep help h2`;

const KINDS =
  'commands, error codes, keys of sweep files and of the configuration, named queries, systems, words of docs/glossary.md';

/** @param whole the program with every command */
export function register(program: Command, whole: () => Promise<Command>): void {
  program
    .command('help')
    .description('print help on a command, an error code, a key, a query, a system or a word')
    .argument('[topic...]', 'what to tell of')
    .addHelpText('after', HELP)
    .action(async (words: readonly string[], _: unknown, command: Command) => {
      const all = await whole();
      const named = commandNamed(all, words);
      if (named !== null) return named.outputHelp();
      const { helpTopics } = await import('../help/topics.ts');
      const topics = await helpTopics();
      const wanted = words.join(' ').toLowerCase();
      const exact = topics.filter(({ names }) => names.includes(wanted));
      // `batch` stands for train.batch, base.batch, ...
      const found =
        exact.length > 0 ? exact : topics.filter(({ names }) => names.some((name) => name.endsWith(`.${wanted}`)));
      if (found.length === 0)
        throw await unknownTopic(wanted, [
          ...topics.flatMap(({ names }) => names),
          ...all.commands.map((one) => one.name()),
        ]);
      const width = Math.min(process.stdout.columns || 80, 100);
      command.configureOutput().writeOut?.(`${found.map(({ text }) => text(width)).join('\n\n')}\n`);
    });
}

/** The program itself without words; null where a word is no command. */
function commandNamed(program: Command, words: readonly string[]): Command | null {
  return words.reduce<Command | null>(
    (command, word) => command?.commands.find((one) => one.name() === word || one.aliases().includes(word)) ?? null,
    program,
  );
}

async function unknownTopic(wanted: string, names: readonly string[]): Promise<LatentSweepError> {
  const { closest } = await import('fastest-levenshtein');
  return new LatentSweepError(
    'INPUT_INVALID',
    `there is no help on ${JSON.stringify(wanted)}; nearest: ${closest(wanted, [...names])}; there is help on ${KINDS}`,
    { key: 'topic', topic: wanted },
  );
}
