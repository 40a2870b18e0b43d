// Entry of the simulated trainer's process: started by fork, like the real one, but light: it loads no engine.

import { z } from 'zod';
import { ENGINE_VERSION } from '../../study/plan/index.ts';
import { simulatePhaseSchema } from '../../study/settings/index.ts';
import type { TrainerEvent } from '../../trainer/index.ts';
import { SimulatedTrainer } from './simulated-trainer.ts';

/** The part of the trainer's commands (services/trainer/jobs/protocol.ts) that a simulated phase needs. */
const commandSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('run'),
    job: z.object({
      phaseKey: z.string(),
      attempt: z.number().int(),
      config: simulatePhaseSchema,
      resume: z.object({ path: z.string(), sha256: z.string(), step: z.number(), bytes: z.number() }).nullable(),
      workDir: z.string(),
      segmentMs: z.number().min(0),
    }),
  }),
  z.object({ kind: z.literal('stop'), mode: z.enum(['checkpoint', 'now']) }),
  z.object({ kind: z.literal('exit') }),
]);

if (process.send === undefined) {
  process.stderr.write('The simulated trainer speaks over an IPC channel: a gpu-worker starts it.\n');
  process.exit(64);
}

const trainer = new SimulatedTrainer({
  send: (event: TrainerEvent) => {
    process.send?.(event, (error: Error | null) => {
      // a broken channel means that the worker is gone: the same end as `disconnect`
      if (error !== null) process.exit(0);
    });
  },
  crash: () => process.kill(process.pid, 'SIGKILL'),
});

// the worker decides when to end; a Ctrl-C in its terminal reaches this process too
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', (message: unknown) => {
  const command = commandSchema.parse(message);
  switch (command.kind) {
    case 'run':
      void trainer.run(command.job);
      return;
    case 'stop':
      trainer.stop(command.mode);
      return;
    case 'exit':
      process.exit(0);
  }
});

const ready: TrainerEvent = { kind: 'ready', pid: process.pid, engineVersion: ENGINE_VERSION };
process.send(ready);
