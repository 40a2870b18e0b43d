// What a slot needs of a trainer, whether it is a child process (trainer-handle.ts) or simulated inside this one (simulate/inside-trainer.ts).

import type { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { AnyPhaseConfig } from '../study/settings/index.ts';
import type { PhaseJob, TrainerEvent } from '../trainer/index.ts';

/** `simulate`: no device at all; such a slot takes simulated phases only, and they run nowhere else. */
export type SlotDevice = 'cpu' | 'cuda' | 'simulate';

export type SlotJob = Omit<PhaseJob, 'config' | 'device'> & {
  readonly config: AnyPhaseConfig;
  readonly device: SlotDevice;
};

/** One phase at a time; warm between phases until a fault. */
export interface Trainer {
  readonly alive: boolean;
  /**
   * Events of the job up to and with its last one.
   *
   * @param onHeard called at once for each arriving event, however long the reader takes
   * @throws LatentSweepError TRAINER_CRASHED, or the reason given to `kill`
   */
  run(job: SlotJob, onHeard: (event: TrainerEvent) => void): AsyncGenerator<TrainerEvent>;
  stop(mode: 'checkpoint' | 'now'): void;
  /** At once; whoever reads the events hears the reason. */
  kill(reason: LatentSweepError): void;
  /** Asks it to exit, kills it after `graceMs`; resolves when it is gone. */
  end(graceMs?: number): Promise<void>;
}
