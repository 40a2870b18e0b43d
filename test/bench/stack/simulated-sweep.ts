// Sweep files of simulated trials: the settings that no simulated trainer reads are the smallest that are valid.

import type { SimulateTask } from '../../../services/study/settings/simulate.ts';

export interface SimulatedSweep {
  readonly name: string;
  readonly task: Partial<SimulateTask>;
  readonly seeds: number;
  /** An axis over so many latent budgets. */
  readonly latents?: number;
}

/** YAML; cells = seeds x latents. */
export function simulatedSweep({ name, task, seeds, latents = 1 }: SimulatedSweep): string {
  return JSON.stringify({
    name,
    model: { family: 'gpt2', layers: 1, width: 8, heads: 1 },
    task: { name: 'simulate', ...task },
    train: { stepsPerStage: 1 },
    system: 'liu',
    axes: { latents: Array.from({ length: latents }, (_, i) => i + 1) },
    seeds,
  });
}
