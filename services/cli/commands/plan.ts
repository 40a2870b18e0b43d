// lsweep plan FILE: trials, shared phases, capacity, parameters and cost, before anything runs. Needs no stack.

import type { Command } from 'commander';
import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { Throughput } from '../../study/cost/index.ts';
import type { SweepSpec } from '../../study/plan/index.ts';
import { publicShape } from '../../study/systems/index.ts';
import type { HubWeights } from '../../sweep-file/index.ts';
import { positive, wholeNumber } from '../argument-parsers.ts';
import { globalOptions } from '../global-options.ts';
import { tableWidth } from '../table-width.ts';

const DEFAULT_ROWS = 40;

/**
 * What a slot sustains over whole steps, operations per second. One CPU thread: measured on an EPYC core with models of about 1 M
 * parameters (base 44, finetune 22 to 30, evaluate 20, all 1e9); a GPU: a third of an A100's TF32 peak, assumed.
 */
const THREAD_FLOPS = 25e9;
const GPU_FLOPS = 50e12;
/** Graphs, sessions and checkpoints of one phase on a warm trainer, s. */
const SECONDS_PER_PHASE = 2;

const optionsSchema = z.object({
  limit: z.number(),
  slots: z.number().optional(),
  gflops: z.number().optional(),
});

export function register(program: Command): void {
  program
    .command('plan')
    .description('print what a sweep file would run and cost; nothing is started')
    .argument('<file>', 'sweep file (YAML)')
    .option('--limit <rows>', 'rows of the table of trials', wholeNumber(1), DEFAULT_ROWS)
    .option('--slots <count>', 'slots to estimate the time for (default: those of the configuration)', wholeNumber(1))
    .option('--gflops <rate>', 'GFLOP/s that one slot sustains (default: assumed from its kind)', positive)
    .option('--wide', 'all columns in full, wider than the terminal')
    .addHelpText('after', '\nExample:\n  lsweep plan infra/sweeps/quickstart.yaml')
    .action(async (file: string, _options: unknown, command: Command) => {
      const { readPinnedSweepFile } = await import('../../sweep-file/index.ts');
      const { estimateSweep } = await import('../../study/cost/index.ts');
      const { checkData } = await import('../check-data.ts');
      const { planJson, planText } = await import('../render/plan-tables.ts');
      const options = optionsSchema.parse(command.opts());
      const { json, config, dir } = globalOptions(command);
      const missing: string[] = [];
      const unreached: string[] = [];
      const describe = (weights: string) => describeIfReached(weights, (name) => unreached.push(name));
      const { spec } = await readPinnedSweepFile(file, describe, (path) => missing.push(path));
      if (missing.length === 0) await checkData(spec);
      const throughput = { ...(await configuredThroughput(spec, { file: config, dir })), ...given(options) };
      const view = { spec, estimate: estimateSweep(spec), throughput };
      command
        .configureOutput()
        .writeOut?.(`${json ? JSON.stringify(planJson(view)) : planText(view, options.limit, tableWidth(command))}\n`);
      const notes = [
        ...(missing.length > 0 ? [missingNote(missing)] : []),
        ...unreached.map(unreachedNote),
        ...(await notesOfFleet(spec, { file: config, dir })),
      ];
      for (const note of notes) command.configureOutput().writeErr?.(`${note}\n`);
    });
}

/** A plan needs the hub for nothing that it cannot leave open: then keys of trials count the name. */
async function describeIfReached(weights: string, onAway: (weights: string) => void): Promise<HubWeights | null> {
  const { describeWeights } = await import('../../trainer/index.ts');
  try {
    return await describeWeights(weights, { attempts: 1 });
  } catch (error) {
    if (error instanceof LatentSweepError && error.code === 'DATA_MISSING') {
      onAway(weights);
      return null;
    }
    throw error;
  }
}

/** Keys of trials count what files hold, so they are provisional until then. */
function missingNote(missing: readonly string[]): string {
  const files = missing.map((path) => `  ${path}`).join('\n');
  return `Data to bring before a run; evaluations on it count as one step, and keys of trials will be others:\n${files}`;
}

function unreachedNote(weights: string): string {
  const how = publicShape(weights) === null ? 'its costs are open' : 'planned by the published shape of the model';
  return `${weights} could not be asked for: ${how}; keys of trials will be others`;
}

async function notesOfFleet(
  spec: SweepSpec,
  sources: { readonly file: string | undefined; readonly dir: string | undefined },
): Promise<readonly string[]> {
  const [{ loadConfig }, { fleetNotes }] = await Promise.all([
    import('../../config/index.ts'),
    import('../fleet-notes.ts'),
  ]);
  return await fleetNotes(loadConfig(sources), spec);
}

async function configuredThroughput(
  { resources }: SweepSpec,
  sources: { readonly file: string | undefined; readonly dir: string | undefined },
): Promise<Throughput> {
  const [{ loadConfig, slotCount }, { machineSize }] = await Promise.all([
    import('../../config/index.ts'),
    import('../../machine/index.ts'),
  ]);
  const { worker } = loadConfig(sources);
  return {
    slots: Math.max(1, worker.count * slotCount(worker, machineSize().cores)),
    flopsPerSecond:
      resources.device === 'cuda' || worker.gpus !== null
        ? GPU_FLOPS
        : THREAD_FLOPS * Math.max(worker.threads, resources.threads),
    secondsPerPhase: SECONDS_PER_PHASE,
  };
}

function given({ slots, gflops }: z.infer<typeof optionsSchema>): Partial<Throughput> {
  return {
    ...(slots === undefined ? {} : { slots }),
    ...(gflops === undefined ? {} : { flopsPerSecond: gflops * 1e9 }),
  };
}
