// Perplexity of a trained system on held-out text: of the N_A tokens after the latents of M sites in every sequence, together and by their
// position after the latents. Plain systems are judged on the same targets. One step is one batch of sequences.

import type { AnalysisValue } from '../../../workflows/domain/phase-result.ts';
import { corpusEvaluationSchema, type EvaluatePhaseConfig } from '../../study/settings/index.ts';
import { systemTraits } from '../../study/systems/index.ts';
import type { HostTensor } from '../../tensor/runtime/index.ts';
import { sequencesIn } from '../curriculum/index.ts';
import { evaluationSites, type SitePlan } from './corpus-sites.ts';
import { evaluationEngine } from './evaluation-engine.ts';
import { type JobContext, readResume } from './phase-context.ts';
import type { PhaseData } from './phase-data.ts';
import type { PhaseWork } from './phase-work.ts';

type CorpusData = Extract<PhaseData, { kind: 'corpus' }>;

const NATS = 'evaluation.nats';

/** What an evaluation reads: `sequences` of the split from its start, each scored at the sites of the plan. */
export interface CorpusScoring {
  readonly sequences: number;
  readonly plan: SitePlan;
}

/** @throws LatentSweepError DATA_INVALID when the held-out text is too short */
export function corpusScoring(
  config: EvaluatePhaseConfig,
  { task, tokens }: CorpusData,
  contextLength: number,
): CorpusScoring {
  const { evaluate } = config;
  const plan = scoringSites(config, contextLength);
  const asked = task.settings[evaluate.split];
  const sequences = Math.min(evaluate.items ?? asked, asked);
  sequencesIn(tokens, evaluate.split, plan.length, sequences);
  return { sequences, plan };
}

/** Where every held-out sequence is scored. */
export function scoringSites({ system, latents, evaluate }: EvaluatePhaseConfig, contextLength: number): SitePlan {
  const { sequence, sites, ahead } = evaluate.corpus ?? corpusEvaluationSchema.parse({});
  return { system, latents, length: sequence ?? contextLength, sites, ahead, contextLength };
}

export function evaluateCorpus(config: EvaluatePhaseConfig, context: JobContext, data: CorpusData): PhaseWork {
  const { model, totalSteps, tokenizer } = context;
  const { batch, split } = config.evaluate;
  const { sequences, plan } = corpusScoring(config, data, model.config.contextLength);
  const { length, ahead } = plan;
  const engine = evaluationEngine(config, context);
  const { startStep, nats_SA } = resumed(context);

  const score = (step: number): readonly number[] => {
    const first = (step - 1) * batch;
    const rows = Array.from({ length: Math.min(batch, sequences - first) }, (_, row) => first + row);
    const tokens = rows.map((sequence) => data.tokens.read(split, sequence * length, length));
    const sites = rows.map((sequence) => evaluationSites(plan, sequence));
    const plain = systemTraits(config.system).plain;
    const nats = engine.score({ kind: 'corpus', tokens, sites: plain ? null : sites, ahead });
    return sites.flatMap((own, row) => {
      const at = (site: number, index: number, a: number): number =>
        nats[plain ? row * (length - 1) + site + a : (row * own.length + index) * ahead + a] ?? Number.NaN;
      return Array.from({ length: ahead }, (_, a) => Math.fround(mean(own.map((site, index) => at(site, index, a)))));
    });
  };
  const atPosition = (a: number): number => mean(nats_SA.filter((_, index) => index % ahead === a));

  return {
    startStep,
    totalSteps,
    parameters: 0,
    tokenizerHash: tokenizer.hash,
    run(step) {
      const own = score(step);
      nats_SA.push(...own);
      const natsPerTarget = mean(nats_SA);
      const metrics = new Map([
        ['nats_per_target', natsPerTarget],
        ['perplexity', Math.exp(natsPerTarget)],
      ]);
      return { metrics, items: [], tokens: (own.length / ahead) * length, lossNats: mean(own) };
    },
    state: () => ({ updates: 0, tensors: new Map([[NATS, table(nats_SA, ahead)]]) }),
    result: () => ({
      weightsSha256: null,
      capacityFloatsPerLatent: engine.capacityFloatsPerLatent,
      evaluation: null,
      analyses: [
        value('perplexity', null, Math.exp(mean(nats_SA))),
        value('nats_per_target', null, mean(nats_SA)),
        ...Array.from({ length: ahead }, (_, a) => value('perplexity_by_position', a + 1, Math.exp(atPosition(a)))),
      ],
    }),
  };
}

/** Mean nats over the sites of each sequence by position, [sequences, N_A] so far; single precision, so that a resume has the same bits. */
function resumed(context: JobContext): { readonly startStep: number; readonly nats_SA: number[] } {
  const { resume } = context.job;
  if (resume === null) return { startStep: 0, nats_SA: [] };
  const { facts, tensors } = readResume(context, resume);
  return { startStep: facts.step, nats_SA: [...(tensors.get(NATS)?.data ?? [])] };
}

const table = (nats_SA: readonly number[], ahead: number): HostTensor => ({
  shape: [nats_SA.length / ahead, ahead],
  data: Float32Array.from(nats_SA),
});

const value = (name: string, i: number | null, value: number): AnalysisValue => ({
  name,
  label: '',
  i,
  j: null,
  value,
});
const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
