// The commands of a sweep as Temporal updates: validators refuse without leaving an event, handlers are idempotent.

import { ApplicationFailure, defineUpdate, setHandler } from '@temporalio/workflow';
import { short } from './activity-proxies.ts';
import { checkSettings, type SweepSettings, UPDATES } from './contract.ts';
import { LatentSweepError } from './domain/errors.ts';

/** The part of a sweep that commands change. */
export interface SweepState {
  readonly sweepId: number;
  settings: SweepSettings;
  paused: boolean;
  cancelled: boolean;
  /** Revision of the sweep file that must be planned. */
  wantedRevision: number;
  /** Grows with every retry of failed trials. */
  reopenings: number;
  /** Of the last control that was sent to the batches. */
  version: number;
}

export interface SweepControls {
  notifyAll(): Promise<void>;
  stopBatches(): void;
  /** Runs work that must end even while the sweep is being cancelled. */
  outside<T>(work: () => Promise<T>): Promise<T>;
}

const updates = {
  start: defineUpdate<void>(UPDATES.start),
  extend: defineUpdate<void, [number]>(UPDATES.extend),
  pause: defineUpdate<void>(UPDATES.pause),
  resume: defineUpdate<void>(UPDATES.resume),
  cancel: defineUpdate<void>(UPDATES.cancel),
  retryFailed: defineUpdate<number>(UPDATES.retryFailed),
  set: defineUpdate<void, [SweepSettings]>(UPDATES.set),
};

/** Register before the first await, so that an update-with-start finds its handler. */
export function listenToCommands(state: SweepState, controls: SweepControls): void {
  const refuseCancelled = (): void => {
    if (state.cancelled) throw ApplicationFailure.nonRetryable('the sweep is being cancelled', 'CONFLICT');
  };

  setHandler(updates.start, () => undefined, { validator: refuseCancelled });

  setHandler(
    updates.extend,
    (revision) => {
      state.wantedRevision = Math.max(state.wantedRevision, revision);
    },
    {
      validator: (revision) => {
        refuseCancelled();
        if (!Number.isInteger(revision) || revision < 1) {
          throw ApplicationFailure.nonRetryable(
            `revision is ${revision}; allowed are whole numbers from 1`,
            'SPEC_INVALID',
          );
        }
      },
    },
  );

  const setPaused = async (paused: boolean): Promise<void> => {
    if (state.paused === paused) return;
    state.paused = paused;
    await controls.notifyAll();
    // two commands may overlap: the last state wins in Postgres too
    await short.setSweepState({ sweepId: state.sweepId, state: state.paused ? 'paused' : 'running' });
  };
  setHandler(updates.pause, () => setPaused(true), { validator: refuseCancelled });
  setHandler(updates.resume, () => setPaused(false), { validator: refuseCancelled });

  setHandler(updates.cancel, () => {
    state.cancelled = true;
    controls.stopBatches();
  });

  setHandler(
    updates.retryFailed,
    async () => {
      const trials = await controls.outside(() => short.retryFailed({ sweepId: state.sweepId }));
      if (trials > 0) {
        state.reopenings += 1;
        await controls.notifyAll();
      }
      return trials;
    },
    { validator: refuseCancelled },
  );

  setHandler(
    updates.set,
    async (settings) => {
      state.settings = settings;
      await short.saveSettings({ sweepId: state.sweepId, settings });
      await controls.notifyAll();
    },
    {
      validator: (settings: SweepSettings) => {
        refuseCancelled();
        try {
          checkSettings(settings);
        } catch (error) {
          if (!(error instanceof LatentSweepError)) throw error;
          throw ApplicationFailure.nonRetryable(error.message, error.code);
        }
      },
    },
  );
}
