// Data that people bring is read before a sweep starts, as the trainer will read it: a broken line must not be found by the evaluation of a
// trial that has trained for a day.

import { existsSync, statSync } from 'node:fs';
import { planSweepFile } from '../../workflows/domain/plan-sweep-file.ts';
import type { SweepSpec } from '../../workflows/domain/sweep-spec.ts';

/** Of all files together. Text beyond it would keep its owner waiting; the first phase that comes to a bad line of it names the line. */
const MOST_CHECKED_BYTES = 64 << 20;

/**
 * The first phase of each task and tokenizer.
 * @throws LatentSweepError as `checkPhaseConfig` of the trainer, naming file and line
 */
export async function checkData(spec: SweepSpec): Promise<void> {
  const brought = Object.entries(spec.files).filter(([, { shape }]) => shape === null);
  const bytes = brought.reduce((sum, [path]) => sum + (existsSync(path) ? statSync(path).size : 0), 0);
  if (brought.length === 0 || bytes > MOST_CHECKED_BYTES) return;
  const { checkPhaseConfig } = await import('../trainer/index.ts');
  const plan = planSweepFile(spec);
  const checked = new Set<string>();
  for (let cell = 0; cell < plan.size; cell++) {
    for (const { config } of plan.cell(cell).trial.phases) {
      if (config.kind === 'simulate') continue;
      const data = JSON.stringify([config.task, config.tokenizer]);
      if (checked.has(data)) continue;
      checked.add(data);
      await checkPhaseConfig(config);
    }
  }
}
