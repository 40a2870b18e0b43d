// run, start, extend and follow: a sweep from its file, with or without waiting for its end.

import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

export function register(program: Command): void {
  program
    .command('run')
    .description('start a sweep and follow it to its end; run again, it goes on or shows that all is done')
    .argument('<file>', 'sweep file (YAML)', existingFile)
    .option('--no-up', 'do not bring the local stack up where none is and no server is configured')
    .addHelpText('after', '\nExample:\n  lsweep run infra/sweeps/quickstart.yaml')
    .action(async (file: string, _: unknown, command: Command) => {
      const { config, output } = await open(command);
      const { startSweepFile, followToResults, setExitCode } = await import('../run-sweep.ts');
      const sweep = await startSweepFile(config, file, output, mayStartStack(command));
      const { exitCode, value, text } = await followToResults(config, sweep.name, output, `lsweep run ${file}`);
      output.result(value, text === null ? '' : `\n${text}`);
      setExitCode(exitCode);
    });

  program
    .command('start')
    .description('start a sweep and return at once')
    .argument('<file>', 'sweep file (YAML)', existingFile)
    .option('--no-up', 'do not bring the local stack up where none is and no server is configured')
    .addHelpText('after', '\nExample:\n  lsweep start infra/sweeps/quickstart.yaml')
    .action(async (file: string, _: unknown, command: Command) => {
      const { config, output } = await open(command);
      const { startSweepFile } = await import('../run-sweep.ts');
      const { name, cells, how } = await startSweepFile(config, file, output, mayStartStack(command));
      output.result({ sweep: name, cells, how }, `follow it: lsweep follow ${name}`);
    });

  program
    .command('extend')
    .description('give a sweep a wider sweep file; only its new cells run, and the file must have all that it has')
    .argument('<file>', 'sweep file (YAML) with the name of a sweep that exists', existingFile)
    .addHelpText('after', '\nExample:\n  lsweep extend prosqa-budgets.yaml')
    .action(async (file: string, _: unknown, command: Command) => {
      const { config, output } = await open(command);
      const { extendSweepFile } = await import('../run-sweep.ts');
      const { name, cells, revision } = await extendSweepFile(config, file);
      output.result({ sweep: name, cells, revision }, `${name} has ${cells} cells now (revision ${revision})`);
    });

  program
    .command('follow')
    .description('follow a sweep that was started before')
    .argument('<sweep>', 'name of the sweep')
    .addHelpText('after', '\nExample:\n  lsweep follow prosqa-budgets')
    .action(async (sweep: string, _: unknown, command: Command) => {
      const { config, output } = await open(command);
      const { followToResults, setExitCode } = await import('../run-sweep.ts');
      const { exitCode, value, text } = await followToResults(config, sweep, output, `lsweep follow ${sweep}`);
      output.result(value, text === null ? '' : `\n${text}`);
      setExitCode(exitCode);
    });
}

function mayStartStack(command: Command): { readonly mayStartStack: boolean } {
  return { mayStartStack: z.object({ up: z.boolean() }).parse(command.opts()).up };
}

async function open(command: Command) {
  const options = globalOptions(command);
  const { configOf } = await import('../access.ts');
  return { config: configOf(options), output: openOutput(options) };
}

function existingFile(path: string): string {
  if (!existsSync(path)) throw new InvalidArgumentError('There is no such file.');
  return path;
}
