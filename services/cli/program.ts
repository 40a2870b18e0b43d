// Puts the commands together. Each file in commands/ exports `register(program)`; only that of the command that is called is loaded, and it
// imports what it needs when its action runs: `lsweep --version` loads no library, `lsweep ls` no Temporal.

import { Command } from 'commander';
import { visibleText } from '../../workflows/domain/visible-text.ts';
import { EXIT_CODES_HELP } from '../edge/index.ts';
import { packageVersion } from '../program/index.ts';
import { addGlobalOptions, OPTIONS_WITH_VALUE } from './add-global-options.ts';

interface CommandFile {
  /** @param whole makes the program with every command, for a command that tells of all of them */
  register(program: Command, whole: () => Promise<Command>): void;
}

/** In the order of the help: the names of the commands of a file, and how it is loaded. */
const COMMAND_FILES: readonly (readonly [names: readonly string[], load: () => Promise<CommandFile>])[] = [
  [['quickstart'], () => import('./commands/quickstart.ts')],
  [['up'], () => import('./commands/up.ts')],
  [['open'], () => import('./commands/open.ts')],
  [['down'], () => import('./commands/down.ts')],
  [['status'], () => import('./commands/status.ts')],
  [['init'], () => import('./commands/init.ts')],
  [['plan'], () => import('./commands/plan.ts')],
  [['run', 'start', 'extend', 'follow'], () => import('./commands/run.ts')],
  [['ls'], () => import('./commands/ls.ts')],
  [['show'], () => import('./commands/show.ts')],
  [['why'], () => import('./commands/why.ts')],
  [['nodes'], () => import('./commands/nodes.ts')],
  [['report'], () => import('./commands/report.ts')],
  [['sql'], () => import('./commands/sql.ts')],
  [['export'], () => import('./commands/export.ts')],
  [['views'], () => import('./commands/views.ts')],
  [['pause', 'resume', 'cancel', 'retry', 'set'], () => import('./commands/commands-on-sweeps.ts')],
  [['delete'], () => import('./commands/delete.ts')],
  [['logs'], () => import('./commands/logs.ts')],
  [['config'], () => import('./commands/config.ts')],
  [['train'], () => import('./commands/train.ts')],
  [['trainer'], () => import('./commands/trainer.ts')],
  [['help'], () => import('./commands/help.ts')],
  [['completion'], () => import('./commands/completion.ts')],
];

/**
 * Never exits the process by itself: help, version and wrong usage are thrown as CommanderError.
 * @param words the program's arguments; only the command that they name is loaded, all of them for help and for what is none
 */
export async function buildProgram(words: readonly string[]): Promise<Command> {
  const program = addGlobalOptions(new Command('lsweep'))
    .description('Latent-reasoning sweeps over GPU nodes: describe a grid, start it, read every number in Postgres.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help for a command')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(lsweep help shows the commands)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => process.stdout.write(visibleText(text)),
      writeErr: (text) => process.stderr.write(visibleText(text)),
    })
    .addHelpText('after', `\n${EXIT_CODES_HELP}`);
  for (const file of await Promise.all(filesFor(words).map((load) => load())))
    file.register(program, () => buildProgram([]));
  return program;
}

function filesFor(words: readonly string[]): readonly (() => Promise<CommandFile>)[] {
  const first = firstArgument(words);
  const named = COMMAND_FILES.filter(([names]) => names.some((name) => name === first));
  // the version, asked before any command, needs none
  if (first === undefined && words.some((word) => word === '--version' || word === '-V')) return [];
  return (named.length > 0 ? named : COMMAND_FILES).map(([, load]) => load);
}

/** @returns what is no option, nor the value of one; undefined without any */
function firstArgument(words: readonly string[]): string | undefined {
  return words.find((word, index) => !word.startsWith('-') && !OPTIONS_WITH_VALUE.has(words[index - 1] ?? ''));
}
