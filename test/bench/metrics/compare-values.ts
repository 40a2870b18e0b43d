// Every committed row against the value that settings, seed and step determine, computed here and not asked of the trainer.

import { Draws } from '../../../services/gpu-worker/simulate/draws.ts';
import { undisturbedPhases } from '../../chaos/undisturbed.ts';
import type { BenchStack } from '../stack/open-stack.ts';

export interface ComparedValues {
  readonly values_equal: number;
  /** Of rows with another value, and of rows that should not be. */
  readonly values_different: number;
}

/** One metric of one phase at a time. @param spec as the sweep was started with */
export async function compareValues(stack: BenchStack, spec: unknown): Promise<ComparedValues> {
  let equal = 0;
  let different = 0;
  for (const { phaseKey, config } of undisturbedPhases(spec)) {
    const draws = new Draws(config);
    for (let metric = 0; metric < config.task.metricsPerStep; metric++) {
      const rows = await stack.query<{ step: number; value: number }>(
        `select step, value from metrics join phases using (phase_id) join metric_names using (metric)
         where phase_key = $1 and name = $2`,
        [phaseKey, metric === 0 ? 'loss_nats' : `simulated_${metric}`],
      );
      for (const { step, value } of rows) {
        if (step >= 1 && step <= config.task.steps && value === draws.value(metric, step)) equal += 1;
        else different += 1;
      }
    }
  }
  return { values_equal: equal, values_different: different };
}
