// One phase from its job to its last event.

import type { EvaluatePhaseConfig } from '../../study/settings/index.ts';
import type { PhaseJob } from '../jobs/protocol.ts';
import { checkFits, planLoadedPhase } from '../plan/index.ts';
import { analysePhase } from './analyse-phase.ts';
import { basePhase } from './base-phase.ts';
import { checkRoom } from './check-phase-config.ts';
import { evaluateChoices } from './evaluate-choices.ts';
import { evaluateCorpus } from './evaluate-corpus.ts';
import { evaluatePhase } from './evaluate-phase.ts';
import { finetunePhase } from './finetune-phase.ts';
import { type JobContext, phaseContext, questionContext } from './phase-context.ts';
import type { PhaseWork } from './phase-work.ts';
import { pretrainPhase } from './pretrain-phase.ts';
import { type PhaseHost, runWork } from './run-work.ts';
import type { WarmState } from './warm-state.ts';

/**
 * Sends `started`, segments, then `completed` or `stopped`.
 * @throws LatentSweepError when the phase fails; the caller reports it
 */
export async function executePhase(job: PhaseJob, warm: WarmState, host: PhaseHost): Promise<void> {
  const context = await phaseContext(job, warm, async () => {
    // the tokens of a corpus may take minutes, once a machine: nobody shall take that for a hung step
    const step = job.resume?.step ?? 0;
    host.send({ kind: 'progress', step, totalSteps: step, lossNats: null, tokensPerSecond: 0 });
    await host.turn();
  });
  const { data, tokenizer, model } = context;
  // trials that differ in their seed alone have the same room
  warm.checkOnce(JSON.stringify({ ...job.config, seed: null }), () =>
    checkRoom(job.config, data, tokenizer, model.config.contextLength),
  );
  const { memoryBytes = null } = job;
  if (memoryBytes !== null) checkMemory(context, memoryBytes);
  await runWork(job, workOf(context), host);
}

/** @throws LatentSweepError OUT_OF_MEMORY with what is needed, what there is and what would fit */
function checkMemory({ warm, job, data, tokenizer, model }: JobContext, memoryBytes: number): void {
  const { config, overrides } = job;
  const microbatch = overrides?.microbatch ?? null;
  warm.checkOnce(JSON.stringify({ ...config, seed: null, memoryBytes, microbatch }), () => {
    const plan = planLoadedPhase(config, { data, tokenizer, model: model.config }, job, microbatch);
    checkFits(plan, memoryBytes);
  });
}

function workOf(context: JobContext): PhaseWork {
  const { config } = context.job;
  switch (config.kind) {
    case 'base':
      return basePhase(config, context);
    case 'pretrain':
      return pretrainPhase(config, context);
    case 'finetune':
      return finetunePhase(config, questionContext(context));
    case 'evaluate':
      return evaluationOf(config, context);
    case 'analyse':
      return analysePhase(config, questionContext(context));
  }
}

function evaluationOf(config: EvaluatePhaseConfig, context: JobContext): PhaseWork {
  const { data } = context;
  switch (data.kind) {
    case 'questions':
      return evaluatePhase(config, questionContext(context));
    case 'corpus':
      return evaluateCorpus(config, context, data);
    case 'choices':
      return evaluateChoices(config, context, data);
  }
}
