// The progress of a trial that is trained here, in the form that followers of sweeps show: a sweep of one cell with its phases.

import type { PlannedCell } from '../../study/plan/index.ts';
import type { DonePhase, StandalonePhase, TrainerEvent } from '../../trainer/index.ts';
import type { ProgressDisplay } from '../follow/follow-sweep.ts';
import type { RunningPhase, SweepProgress } from '../follow/progress.ts';

/** Takes the events of a trainer and shows them. */
export interface TrialProgress {
  event(phase: StandalonePhase, event: TrainerEvent): void;
  alreadyDone(phase: StandalonePhase, done: DonePhase): void;
}

/** Every event is shown at once, as a sweep of one cell. */
export function openTrialProgress(name: string, cell: PlannedCell, display: ProgressDisplay): TrialProgress {
  const phases = new Map(
    cell.trial.phases.map(({ key, config }, index) => [key as string, phaseAt(cell, key, config.kind, index)]),
  );
  const finished = new Set<string>();
  const change = (key: string, facts: Partial<RunningPhase>): void => {
    const phase = phases.get(key);
    if (phase !== undefined) phases.set(key, { ...phase, ...facts });
    display.show(progressOf(name, [...phases.values()], finished.size === phases.size), Date.now());
  };
  return {
    event: ({ key }, event) => {
      switch (event.kind) {
        case 'started':
          return change(key, { step: event.step, totalSteps: event.totalSteps });
        case 'progress': {
          const { step, lossNats, tokensPerSecond } = event;
          return change(key, { step, lossNats, tokensPerSecond });
        }
        case 'segment': {
          const { toStep, metrics } = event;
          const lossNats = metrics.find((series) => series.name === 'loss_nats')?.values.at(-1);
          return change(key, { step: toStep, ...(lossNats === undefined ? {} : { lossNats }) });
        }
        case 'completed':
          finished.add(key);
          return change(key, {});
        case 'ready':
        case 'stopped':
        case 'failed':
          return;
      }
    },
    alreadyDone: ({ key }) => {
      finished.add(key);
      const totalSteps = phases.get(key)?.totalSteps ?? 0;
      change(key, { step: totalSteps });
    },
  };
}

function phaseAt(cell: PlannedCell, phaseKey: string, kind: string, index: number): RunningPhase {
  const own = kind === 'base' ? { system: null, latents: null, seed: null } : cell;
  return {
    ...{ phaseKey, kind, system: own.system, latents: own.latents, seed: own.seed },
    ...{ cells: 1, attempt: 1, node: 'here', step: 0, totalSteps: cell.totalStepsByPhase[index] ?? 0 },
    ...{ lossNats: null, tokensPerSecond: null },
  };
}

function progressOf(sweep: string, phases: readonly RunningPhase[], over: boolean): SweepProgress {
  const none = { planned: 0, waiting: 0, running: 0, paused: 0, finished: 0, failed: 0, cancelled: 0, stoppedEarly: 0 };
  const counts = over ? { ...none, finished: 1 } : { ...none, running: 1 };
  return { sweep, state: over ? 'finished' : 'running', cells: 1, counts, phases, failures: [] };
}
