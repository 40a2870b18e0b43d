// pause, resume, cancel, retry and set: one call of the sweep's workflow each, all idempotent.

import { type Command, InvalidArgumentError } from 'commander';
import type { SweepClient } from '../../orchestrator/index.ts';
import { globalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';

interface Done {
  readonly value: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export function register(program: Command): void {
  program
    .command('pause')
    .description('stop a sweep with checkpoints and free its slots; resume goes on at the same step')
    .argument('<sweep>', 'name of the sweep')
    .addHelpText('after', '\nExample:\n  lsweep pause prosqa-budgets')
    .action((sweep: string, _: unknown, command: Command) =>
      onSweep(command, async (client) => {
        await client.pause(sweep);
        return { value: { sweep, state: 'paused' }, text: `${sweep} is paused; go on with: lsweep resume ${sweep}` };
      }),
    );

  program
    .command('resume')
    .description('go on with a paused sweep')
    .argument('<sweep>', 'name of the sweep')
    .addHelpText('after', '\nExample:\n  lsweep resume prosqa-budgets')
    .action((sweep: string, _: unknown, command: Command) =>
      onSweep(command, async (client) => {
        await client.resume(sweep);
        return { value: { sweep, state: 'running' }, text: `${sweep} goes on` };
      }),
    );

  program
    .command('cancel')
    .description(
      'end a sweep; running phases stop with a checkpoint, results stay, work shared with other sweeps goes on',
    )
    .argument('<sweep>', 'name of the sweep')
    .addHelpText('after', '\nExample:\n  lsweep cancel prosqa-budgets')
    .action((sweep: string, _: unknown, command: Command) =>
      onSweep(command, async (client) => {
        await client.cancel(sweep);
        return { value: { sweep, cancelled: true }, text: `${sweep} is cancelled; what is finished stays` };
      }),
    );

  program
    .command('retry')
    .description('run the failed trials of a sweep again; their earlier failures no longer count')
    .argument('<sweep>', 'name of the sweep')
    .option('--failed', 'the failed ones (the default and only choice)', true)
    .addHelpText('after', '\nExample:\n  lsweep retry prosqa-budgets --failed')
    .action((sweep: string, _: unknown, command: Command) =>
      onSweep(command, async (client) => {
        const trials = await client.retryFailed(sweep);
        const text = trials === 0 ? `${sweep} has no failed trials` : `${trials} trials of ${sweep} run again`;
        return { value: { sweep, trials }, text };
      }),
    );

  program
    .command('set')
    .description('change priority, weight or width of a running sweep')
    .argument('<sweep>', 'name of the sweep')
    .option('--priority <n>', '1 (first) to 5 (last)', numberOption)
    .option('--weight <x>', 'share of the slots among sweeps of the same priority, 0.001 to 1000', numberOption)
    .option('--width <n>', 'most phases at a time; "none" = as many as there are slots', widthOption)
    .addHelpText('after', '\nExample:\n  lsweep set prosqa-budgets --priority 1 --width 4')
    .action((sweep: string, changes: SettingsFlags, command: Command) =>
      onSweep(command, async (client) => {
        const { priority, weight, width } = changes;
        if (priority === undefined && weight === undefined && width === undefined) {
          command.error('error: give at least one of --priority, --weight, --width');
        }
        const settings = await client.set(sweep, {
          ...(priority === undefined ? {} : { priority }),
          ...(weight === undefined ? {} : { weight }),
          ...(width === undefined ? {} : { width }),
        });
        const text = `${sweep}: priority ${settings.priority}, weight ${settings.weight}, width ${settings.width ?? 'none'}`;
        return { value: { sweep, ...settings }, text };
      }),
    );
}

interface SettingsFlags {
  readonly priority?: number;
  readonly weight?: number;
  readonly width?: number | null;
}

async function onSweep(command: Command, work: (client: SweepClient) => Promise<Done>): Promise<void> {
  const options = globalOptions(command);
  const { configOf, withSweepClient } = await import('../access.ts');
  const { value, text } = await withSweepClient(configOf(options), work);
  openOutput(options).result(value, text);
}

function numberOption(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('a number is wanted.');
  return value;
}

function widthOption(text: string): number | null {
  return text === 'none' ? null : numberOption(text);
}
