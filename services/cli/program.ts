// Puts the commands together. Each file in commands/ exports `register(program)`; it imports what it needs only when its
// action runs, so that help and `lsweep sql` need not load Temporal.

import { Command } from 'commander';
import { visibleText } from '../../workflows/domain/visible-text.ts';
import { EXIT_CODES_HELP } from '../edge/index.ts';
import * as commandsOnSweeps from './commands/commands-on-sweeps.ts';
import * as config from './commands/config.ts';
import * as deletion from './commands/delete.ts';
import * as down from './commands/down.ts';
import * as logs from './commands/logs.ts';
import * as ls from './commands/ls.ts';
import * as nodes from './commands/nodes.ts';
import * as plan from './commands/plan.ts';
import * as quickstart from './commands/quickstart.ts';
import * as report from './commands/report.ts';
import * as run from './commands/run.ts';
import * as show from './commands/show.ts';
import * as sql from './commands/sql.ts';
import * as status from './commands/status.ts';
import * as train from './commands/train.ts';
import * as trainer from './commands/trainer.ts';
import * as up from './commands/up.ts';
import * as why from './commands/why.ts';
import { addGlobalOptions } from './global-options.ts';
import { packageVersion } from './package-version.ts';

interface CommandFile {
  register(program: Command): void;
}

/** In the order of the help. */
const COMMAND_FILES: readonly CommandFile[] = [
  quickstart,
  up,
  down,
  status,
  plan,
  run,
  ls,
  show,
  why,
  nodes,
  report,
  sql,
  commandsOnSweeps,
  deletion,
  logs,
  config,
  train,
  trainer,
];

/** Never exits the process by itself: help, version and wrong usage are thrown as CommanderError. */
export function buildProgram(): Command {
  const program = addGlobalOptions(new Command('lsweep'))
    .description('Latent-reasoning sweeps over GPU nodes: describe a grid, start it, read every number in Postgres.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help for a command')
    .helpCommand('help [command]', 'print help for a command')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(lsweep help shows the commands)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => process.stdout.write(visibleText(text)),
      writeErr: (text) => process.stderr.write(visibleText(text)),
    })
    .addHelpText('after', `\n${EXIT_CODES_HELP}`);
  for (const file of COMMAND_FILES) file.register(program);
  return program;
}
