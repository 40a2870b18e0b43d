// One phase from its job to its last event.

import type { PhaseJob } from '../jobs/protocol.ts';
import { basePhase } from './base-phase.ts';
import { checkRoom } from './check-phase-config.ts';
import { evaluatePhase } from './evaluate-phase.ts';
import { finetunePhase } from './finetune-phase.ts';
import { type PhaseContext, phaseContext } from './phase-context.ts';
import type { PhaseWork } from './phase-work.ts';
import { type PhaseHost, runWork } from './run-work.ts';
import type { WarmState } from './warm-state.ts';

/**
 * Sends `started`, segments, then `completed` or `stopped`.
 * @throws LatentSweepError when the phase fails; the caller reports it
 */
export async function runPhase(job: PhaseJob, warm: WarmState, host: PhaseHost): Promise<void> {
  const context = await phaseContext(job, warm);
  const { task, tokenizer, model } = context;
  // trials that differ in their seed alone have the same room
  warm.checkOnce(JSON.stringify({ ...job.config, seed: null }), () =>
    checkRoom(job.config, task, tokenizer, model.config.contextLength),
  );
  await runWork(job, workOf(context), host);
}

function workOf(context: PhaseContext): PhaseWork {
  const { config } = context.job;
  switch (config.kind) {
    case 'base':
      return basePhase(config, context);
    case 'finetune':
      return finetunePhase(config, context);
    case 'evaluate':
      return evaluatePhase(config, context);
  }
}
