// The simulated trainer's settings: it sleeps instead of training, behind the real worker, gRPC, store and workflows, so that grids, races and
// failures can be rehearsed without a GPU. Its numbers mean nothing: task and phase kind are `simulate` everywhere, accuracy is never set.

import { z } from 'zod';

const count = z.number().int().min(1);

/** What goes wrong, and how: each as a real trainer would show it to its worker. */
const SIMULATED_FAULTS = ['crash', 'hang', 'out_of_memory', 'nan', 'error'] as const;

const simulatedFaultSchema = z.strictObject({
  /** `crash`: SIGKILL of the trainer. `hang`: no step ever ends. `nan`: a loss that is no number. `error`: an exception inside. */
  kind: z.enum(SIMULATED_FAULTS),
  /** Chance that a trial is hit, drawn from its seed; the same at every attempt. */
  probability: z.number().min(0).max(1).default(1),
  /** Step that does not end; null = drawn from the seed. */
  step: count.nullable().default(null),
  /** Only the first attempts of the phase are hit; null = all of them. */
  attempts: count.nullable().default(1),
});

export const simulateTaskSchema = z.strictObject({
  name: z.literal('simulate'),
  /** Wall time of a whole trial, s, spread evenly over its steps. */
  seconds: z.number().min(0).max(86_400).default(1),
  steps: count.max(10_000_000).default(1),
  /** Rows per step: `loss_nats` and then `simulated_1`, `simulated_2`, ... */
  metricsPerStep: z.number().int().min(0).max(1_000).default(1),
  /** Steps between two checkpoints, with one at the end; null = only when it is asked to stop, so that a fault costs the whole trial. */
  checkpointEvery: count.nullable().default(null),
  /** Size of a checkpoint. */
  checkpointBytes: z
    .number()
    .int()
    .min(64)
    .max(1 << 30)
    .default(256),
  faults: z.array(simulatedFaultSchema).default([]),
  /** File that gets a line `start|done SEED UNIX_SECONDS PID` from every execution: evidence that belongs to no store. */
  ledger: z.string().min(1).nullable().default(null),
});

/** A simulated trial is one phase. */
export const simulatePhaseSchema = z.strictObject({
  kind: z.literal('simulate'),
  task: simulateTaskSchema,
  /** Hash of the settings that it stands for, so that cells which would train differently are different cells here too. */
  standsFor: z.string(),
  seed: z.number().int().min(0),
});

export type SimulateTask = z.infer<typeof simulateTaskSchema>;
export type SimulatedFault = z.infer<typeof simulatedFaultSchema>;
export type SimulatePhaseConfig = z.infer<typeof simulatePhaseSchema>;
