// The sweep of a chaos run: simulated trials with a checkpoint at every segment, so that "at most one segment is lost" can be measured in steps.

import type { SimulateTask } from '../../services/study/settings/simulate.ts';

export interface ChaosSweep {
  readonly name: string;
  readonly cells: number;
  /** Of a trial, s. */
  readonly seconds: number;
  /** A segment, with its checkpoint, s. */
  readonly segmentSeconds: number;
  readonly metricsPerStep: number;
}

export const STEPS_PER_SEGMENT = 10;

export function stepsOf({ seconds, segmentSeconds }: ChaosSweep): number {
  return Math.max(1, Math.round(seconds / segmentSeconds)) * STEPS_PER_SEGMENT;
}

/** YAML. Kills are no fault of a phase: the budgets of what they cause are those of a lost node. */
export function chaosSweepFile(sweep: ChaosSweep): string {
  const task: Partial<SimulateTask> = {
    name: 'simulate',
    seconds: sweep.seconds,
    steps: stepsOf(sweep),
    metricsPerStep: sweep.metricsPerStep,
    checkpointEvery: STEPS_PER_SEGMENT,
  };
  const budget = { attempts: 1_000, backoffMs: 500, maxBackoffMs: 5_000 };
  return JSON.stringify({
    name: sweep.name,
    model: { family: 'gpt2', layers: 1, width: 8, heads: 1 },
    task,
    train: { stepsPerStage: 1 },
    system: 'liu',
    latents: 1,
    seeds: sweep.cells,
    retries: { worker_crash: budget, timeout: budget, artifact_store: budget },
  });
}
