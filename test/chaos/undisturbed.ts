// The oracle: what an undisturbed run of a sweep records. Planned from the sweep file and computed from settings, seed and step; nothing of
// the disturbed run enters.

import { Draws, stateHash } from '../../services/gpu-worker/simulate/draws.ts';
import { planSweepFile } from '../../services/study/plan/plan-sweep-file.ts';
import { type SimulatePhaseConfig, simulatePhaseSchema } from '../../services/study/settings/simulate.ts';

export interface UndisturbedPhase {
  readonly phaseKey: string;
  readonly cell: number;
  readonly config: SimulatePhaseConfig;
}

/** One phase for each cell. @param spec as the sweep was started with */
export function undisturbedPhases(spec: unknown): readonly UndisturbedPhase[] {
  const plan = planSweepFile(spec);
  return Array.from({ length: plan.size }, (_, cell) => {
    const [phase, ...more] = plan.cell(cell).trial.phases;
    if (phase === undefined || more.length > 0) throw new Error(`cell ${cell} is not one simulated phase`);
    return { phaseKey: phase.key, cell, config: simulatePhaseSchema.parse(phase.config) };
  });
}

/** `metric@step` to value. */
export function undisturbedRows({ config }: UndisturbedPhase): ReadonlyMap<string, number> {
  const draws = new Draws(config);
  const rows = new Map<string, number>();
  for (let step = 1; step <= config.task.steps; step++) {
    for (let metric = 0; metric < config.task.metricsPerStep; metric++) {
      rows.set(`${metric === 0 ? 'loss_nats' : `simulated_${metric}`}@${step}`, draws.value(metric, step));
    }
  }
  return rows;
}

export function undisturbedWeights({ config }: UndisturbedPhase): string {
  const draws = new Draws(config);
  let state = draws.initial;
  for (let step = 1; step <= config.task.steps; step++) state = draws.advance(state, step);
  return stateHash(state);
}
