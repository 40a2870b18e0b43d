// Entry of the trainer process: a child with an IPC channel, started by fork (see `trainerEntry`). It runs no server and reads no environment.

import { ENGINE_VERSION } from '../../study/plan/index.ts';
import type { TrainerEvent } from '../jobs/protocol.ts';
import { TrainerProcess } from './trainer-process.ts';

const log = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

if (process.send === undefined) {
  log('The trainer process speaks over an IPC channel: start it with fork (services/trainer/README.md).');
  process.exit(64);
}

let unsent = 0;
let exitCode: number | null = null;
const exitWhenSent = (): void => {
  if (exitCode !== null && unsent === 0) process.exit(exitCode);
};
const send = (event: TrainerEvent): void => {
  unsent++;
  process.send?.(event, (error: Error | null) => {
    unsent--;
    // a broken channel means that the parent is gone: the same end as `disconnect`
    if (error !== null) exitCode ??= 0;
    exitWhenSent();
  });
};
const trainer = new TrainerProcess({
  send,
  log,
  exit: (code) => {
    exitCode ??= code;
    exitWhenSent();
  },
});

process.on('message', (message: unknown) => trainer.receive(message));
process.on('disconnect', () => process.exit(0));
// the parent decides when to end; a Ctrl-C in its terminal reaches this process too and must not cut a step
process.on('SIGINT', () => undefined);

send({ kind: 'ready', pid: process.pid, engineVersion: ENGINE_VERSION });
