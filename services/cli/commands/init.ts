// lsweep init [FILE]: a commented sweep file to begin with. Never overwrites a file. The schema that it names is the one of this
// installation, by its full address, so that an editor finds it from any folder.

import type { Command } from 'commander';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { globalOptions } from '../global-options.ts';
import { lsweepCommand } from '../lsweep-command.ts';
import { openOutput } from '../output.ts';

const SCHEMA = new URL('../../../infra/schema/sweep.schema.json', import.meta.url);
const TEMPLATE = new URL('../../../infra/sweeps/first-sweep.yaml', import.meta.url);

export function register(program: Command): void {
  program
    .command('init')
    .description('write a commented sweep file to begin with; an existing file stays as it is')
    .argument('[file]', 'file to write', 'first-sweep.yaml')
    .addHelpText('after', '\nExample:\n  lsweep init my-sweep.yaml')
    .action(async (file: string, _options: unknown, command: Command) => {
      const { readFile, writeFile } = await import('node:fs/promises');
      const text = (await readFile(TEMPLATE, 'utf8')).replace('../schema/sweep.schema.json', SCHEMA.href);
      try {
        await writeFile(file, text, { flag: 'wx' });
      } catch (error) {
        throw refusal(file, error);
      }
      const lsweep = lsweepCommand(process.env);
      openOutput(globalOptions(command)).result(
        { file, schema: SCHEMA.href },
        `${file} is written; edit it, then: ${lsweep} plan ${file}`,
      );
    });
}

function refusal(file: string, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  const details = { path: file };
  if (error.code !== 'EEXIST')
    return new LatentSweepError('FILE_UNUSABLE', `${file} cannot be written (${error.message})`, details, error);
  return new LatentSweepError(
    'CONFLICT',
    `${file} is there already and stays as it is; name another file`,
    details,
    error,
  );
}
