// Runs the phases of a trial one after another in this process, each from the last checkpoint of its parent: the trainer's own path without
// its child process, for tests that run many tiny trials.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Pipeline } from '../../services/study/plan/pipeline.ts';
import { trainedConfig } from '../../services/study/settings/phases.ts';
import type { LocalCheckpoint, TrainerEvent } from '../../services/trainer/jobs/protocol.ts';
import { executePhase, type WarmState } from '../../services/trainer/phases/index.ts';

/** @returns the events of each phase by its key; a phase whose events are given is not run again */
export async function runTrialInProcess(
  { phases }: Pipeline,
  warm: WarmState,
  folder: string,
  done: Map<string, readonly TrainerEvent[]>,
): Promise<void> {
  for (const { key, config, parent } of phases) {
    if (done.has(key)) continue;
    const workDir = join(folder, key);
    mkdirSync(workDir);
    const events: TrainerEvent[] = [];
    const parentCheckpoint = parent === null ? null : lastCheckpoint(done.get(parent) ?? []);
    await executePhase(
      {
        ...{
          phaseKey: key,
          attempt: 1,
          config: trainedConfig(config),
          parent: parentCheckpoint,
          resume: null,
          workDir,
        },
        ...{ device: 'cpu', threads: 1, segmentMs: 60_000, checkpointMs: 60_000 },
      },
      warm,
      {
        send: (event) => events.push(event),
        stopMode: () => null,
        turn: () => Promise.resolve(),
        nowMs: () => performance.now(),
      },
    );
    done.set(key, events);
  }
}

function lastCheckpoint(events: readonly TrainerEvent[]): LocalCheckpoint | null {
  return (
    events
      .flatMap((event) => (event.kind === 'segment' && event.checkpoint !== null ? [event.checkpoint] : []))
      .at(-1) ?? null
  );
}
