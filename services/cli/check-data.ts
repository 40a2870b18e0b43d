// Every phase is looked at before a sweep starts, as the trainer will look at it: a broken line, a question without room or a tokenizer that the
// model does not know must not be found by the evaluation of a trial that has trained for a day.

import { existsSync, statSync } from 'node:fs';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { planSweepFile, type SweepSpec } from '../study/plan/index.ts';
import type { PhaseConfig } from '../study/settings/index.ts';

/** Of all files together. A corpus beyond it would keep its owner waiting; the first phase that comes to a bad line of it names the line. */
const MOST_READ_BYTES = 64 << 20;
/** Points of a larger grid are looked at by their phases. */
const MOST_CHECKED_POINTS = 10_000;

/**
 * One phase of each kind, data, model and room that the sweep has. What needs the hub and has no facts yet is left to the phase.
 * @throws LatentSweepError as `checkPhaseConfig` of the trainer, naming file and line, or the cell
 */
export async function checkData(spec: SweepSpec): Promise<void> {
  const brought = Object.entries(spec.files).filter(([, { shape }]) => shape === null);
  const bytes = brought.reduce((sum, [path]) => sum + (existsSync(path) ? statSync(path).size : 0), 0);
  const plan = planSweepFile(spec);
  const points = Math.min(plan.size / spec.seeds.length, MOST_CHECKED_POINTS);
  const checked = new Set<string>();
  let check: ((config: PhaseConfig) => Promise<unknown>) | null = null;
  for (let cell = 0; cell < points; cell++) {
    for (const { config } of plan.cell(cell).trial.phases) {
      if (config.kind === 'simulate' || isOpen(config, spec)) continue;
      const room = roomOf(config);
      if (checked.has(room)) continue;
      checked.add(room);
      check ??= (await import('../trainer/index.ts')).phaseChecker(bytes <= MOST_READ_BYTES);
      await check(config).catch((error: unknown) => {
        throw ofCell(error, cell, config);
      });
    }
  }
}

function isOpen({ model }: PhaseConfig, { files }: SweepSpec): boolean {
  return 'weights' in model && model.weights.startsWith('hf:') && files[model.weights] === undefined;
}

/** The config without what changes numbers only: phases that differ in a rate or a seed have the same room. */
function roomOf(config: PhaseConfig): string {
  return JSON.stringify(config, (key, value: unknown) => (NUMBERS_ONLY.has(key) ? undefined : value));
}

const NUMBERS_ONLY = new Set(['seed', 'lr', 'schedule', 'warmupSteps', 'betas', 'eps', 'weightDecay', 'decay', 'clip']);

/** What is wrong with data is the same for every cell. */
function ofCell(error: unknown, cell: number, { kind }: PhaseConfig): unknown {
  if (!(error instanceof LatentSweepError) || error.code.startsWith('DATA_')) return error;
  return new LatentSweepError(
    error.code,
    `cell ${cell}, ${kind}: ${error.sentence}`,
    { ...error.details, cell },
    error,
  );
}
