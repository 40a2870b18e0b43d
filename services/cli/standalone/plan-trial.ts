// What a trial would take of the machine, phase by phase, read off the graphs that it would run.

import type { PlannedCell } from '../../study/plan/index.ts';
import { trainedConfig } from '../../study/settings/index.ts';
import { checkFits, largestFitting, type PhasePlan, planPhase } from '../../trainer/index.ts';
import { formatCount } from '../render/quantities.ts';
import { type Cell, left, renderTable, right } from '../render/table.ts';
import type { Shown } from '../results/shown.ts';

type Placement = Parameters<typeof planPhase>[1];

/**
 * Builds the graphs of each phase, in order, and measures nothing. @throws LatentSweepError of a phase that cannot be
 * built
 */
export async function planTrial({ trial }: PlannedCell, placement: Placement): Promise<readonly PhasePlan[]> {
  const plans: PhasePlan[] = [];
  for (const { config } of trial.phases) plans.push(await planPhase(trainedConfig(config), placement));
  return plans;
}

/** @throws LatentSweepError OUT_OF_MEMORY for the first phase that does not fit */
export function checkTrialFits(plans: readonly PhasePlan[], memoryBytes: number): void {
  for (const plan of plans) checkFits(plan, memoryBytes);
}

const MEMORY_COLUMNS = [
  'parameters',
  'moments',
  'gradients',
  'activations',
  'workspace',
  'checkpoint',
  'process',
  'total',
] as const;

/** Tables of work and memory (MB = 1e6 bytes), and whether each phase fits `memoryBytes`. */
export function trialPlan(name: string, cell: PlannedCell, plans: readonly PhasePlan[], memoryBytes: number): Shown {
  const largest = plans.map((plan) => largestFitting(plan, memoryBytes));
  const work = renderTable(
    [
      ...[left('phase'), right('steps'), right('trained'), right('frozen'), right('floats per latent')],
      ...[right('batch'), right('at a time'), right('FLOPs per step')],
    ],
    plans.map((plan): Cell[] => [
      ...[
        plan.kind,
        plan.steps,
        formatCount(plan.parameters.trained),
        formatCount(plan.parameters.total - plan.parameters.trained),
      ],
      ...[plan.capacityFloatsPerLatent, plan.batch, plan.together, formatCount(plan.flopsPerStep)],
    ]),
  );
  const memory = renderTable(
    [left('phase, MB'), ...MEMORY_COLUMNS.map(right)],
    plans.map((plan) => [plan.kind, ...MEMORY_COLUMNS.map((column) => megabytes(plan.memory[column]))]),
  );
  const fits = plans.map((plan, index) => fitLine(plan, largest[index] ?? null, memoryBytes));
  return {
    value: {
      ...{ name, cell: cell.trial.cell, trial: cell.trial.key, memoryBytes },
      phases: plans.map(({ memoryWith: _, ...plan }, index) => ({
        ...plan,
        largestFitting: largest[index],
        fits: plan.memory.total <= memoryBytes,
      })),
    },
    text: [
      `${name}, cell ${cell.trial.cell}: ${cell.system}, ${cell.latents} latents, seed ${cell.seed}`,
      work,
      memory,
      fits.join('\n'),
    ].join('\n\n'),
  };
}

function fitLine({ kind, key, batch, memory }: PhasePlan, largest: number | null, memoryBytes: number): string {
  const verdict = memory.total <= memoryBytes ? 'fits' : 'does NOT fit';
  const most = largest === null ? `not even ${key} 1 fits` : `${key} up to ${largest} (of ${batch}) fits`;
  return `${kind} ${verdict} into ${megabytes(memoryBytes)} MB; ${most}`;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
