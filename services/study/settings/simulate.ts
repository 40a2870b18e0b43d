// The simulated trainer's settings: it sleeps instead of training, behind the real worker, gRPC, store and workflows, so that grids, races and
// failures can be rehearsed without a GPU. Its numbers mean nothing: task and phase kind are `simulate` everywhere, accuracy is never set.

import { z } from 'zod';

const count = z.number().int().min(1);

const SIMULATED_FAULTS = ['crash', 'hang', 'out_of_memory', 'nan', 'error'] as const;

const simulatedFaultSchema = z.strictObject({
  kind: z.enum(SIMULATED_FAULTS).meta({
    description:
      '`crash`: the trainer is killed. `hang`: no step ever ends. `out_of_memory`: it is ended for its memory. `nan`: a loss that is no number. `error`: an exception inside.',
    examples: ['crash'],
  }),
  probability: z.number().min(0).max(1).default(1).meta({
    description: 'Chance that a trial is hit, drawn from its seed; the same at every attempt.',
  }),
  step: count
    .nullable()
    .default(null)
    .meta({
      description: 'Step that does not end. null: drawn from the seed.',
      examples: [3],
    }),
  attempts: count.nullable().default(1).meta({
    description: 'Only so many first attempts of the phase are hit. null: all of them.',
    unit: 'attempts',
  }),
});

export const simulateTaskSchema = z.strictObject({
  name: z.literal('simulate').meta({ description: 'Nothing is trained: trials that sleep, to rehearse a fleet.' }),
  seconds: z.number().min(0).max(86_400).default(1).meta({
    description: 'Wall time of a whole trial, spread evenly over its steps.',
    unit: 's',
  }),
  steps: count.max(10_000_000).default(1).meta({ description: 'Steps of a trial.', unit: 'steps' }),
  metricsPerStep: z.number().int().min(0).max(1_000).default(1).meta({
    description: 'Rows for each step: `loss_nats` and then `simulated_1`, `simulated_2`, ...',
    unit: 'rows',
  }),
  checkpointEvery: count
    .nullable()
    .default(null)
    .meta({
      description:
        'Steps between two checkpoints, with one at the end. null: only when it is asked to stop, so that a fault costs the whole trial.',
      unit: 'steps',
      examples: [10],
    }),
  checkpointBytes: z
    .number()
    .int()
    .min(64)
    .max(1 << 30)
    .default(256)
    .meta({ description: 'Size of a checkpoint.', unit: 'bytes' }),
  faults: z
    .array(simulatedFaultSchema)
    .default([])
    .meta({
      description: 'What goes wrong, as a real trainer would show it to its worker.',
      examples: [[{ kind: 'crash', probability: 0.1 }]],
    }),
  ledger: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .meta({
      description:
        'File that gets a line `start|done SEED UNIX_SECONDS PID` from every execution: evidence that belongs to no store.',
      examples: ['/tmp/ledger.txt'],
    }),
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
