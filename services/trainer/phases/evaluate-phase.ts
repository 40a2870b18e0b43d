// The evaluate phase: greedy answers to a split, judged by the task's verifier. One step is one batch of items; the verdicts so far are its
// checkpoint, so it resumes between batches and its metrics do not depend on where it was cut.

import type { EvaluatePhaseConfig } from '../../../workflows/domain/phases.ts';
import { latentsOf, questionTokens } from '../curriculum/index.ts';
import type { HostTensor } from '../engine/types.ts';
import type { EvaluationItem } from '../jobs/protocol.ts';
import { answerIn, sameText } from '../tasks/index.ts';
import { evaluationEngine } from './evaluation-engine.ts';
import { type PhaseContext, readResume } from './phase-context.ts';
import type { PhaseWork } from './phase-work.ts';

const CORRECT = 'evaluation.correct';
const STRING_MATCH = 'evaluation.string_match';

/** 1 per item so far, in order: judged correct; equal to the gold answer as text. */
interface Verdicts {
  readonly correct: number[];
  readonly stringMatch: number[];
}

export function evaluatePhase(config: EvaluatePhaseConfig, context: PhaseContext): PhaseWork {
  const { task, tokenizer, totalSteps } = context;
  const { split: splitName, batch, maxNewTokens, items: limit } = config.evaluate;
  const split = task.splits[splitName];
  const size = Math.min(limit ?? split.size, split.size);
  const latents = latentsOf(config.system, config.latents);
  const engine = evaluationEngine(config, context);
  const { startStep, verdicts } = resumed(context);

  const evaluate = (step: number): readonly EvaluationItem[] => {
    const begin = (step - 1) * batch;
    const examples = Array.from({ length: Math.min(batch, size - begin) }, (_, row) => split.example(begin + row));
    const startedMs = performance.now();
    const generations = engine.generate(
      examples.map((example) => ({ question: questionTokens(example, tokenizer), latents })),
      maxNewTokens,
      tokenizer.eosTokenId,
    );
    const seconds = (performance.now() - startedMs) / 1_000 / examples.length;
    return examples.map((example, row) => {
      const tokens = generations[row]?.tokens ?? [];
      const prediction = answerIn(tokenizer.decode(tokens));
      const correct = task.verify(prediction, example);
      return { item: begin + row, prediction, gold: example.answer, correct, tokens: tokens.length, seconds };
    });
  };

  return {
    startStep,
    totalSteps,
    parameters: 0,
    tokenizerHash: tokenizer.hash,
    run(step) {
      const items = evaluate(step);
      for (const { prediction, gold, correct } of items) {
        verdicts.correct.push(correct ? 1 : 0);
        verdicts.stringMatch.push(sameText(prediction, gold) ? 1 : 0);
      }
      const metrics = new Map([
        ['accuracy', mean(verdicts.correct)],
        ['string_match', mean(verdicts.stringMatch)],
      ]);
      return { metrics, items, tokens: items.reduce((sum, item) => sum + item.tokens, 0), lossNats: null };
    },
    state: () => ({
      updates: 0,
      tensors: new Map([
        [CORRECT, vector(verdicts.correct)],
        [STRING_MATCH, vector(verdicts.stringMatch)],
      ]),
    }),
    result: () => ({
      weightsSha256: null,
      capacityFloatsPerLatent: engine.capacityFloatsPerLatent,
      evaluation: {
        split: splitName,
        items: verdicts.correct.length,
        correct: sum(verdicts.correct),
        accuracy: mean(verdicts.correct),
        chance: task.chance,
      },
      analyses: [],
    }),
  };
}

function resumed(context: PhaseContext): { readonly startStep: number; readonly verdicts: Verdicts } {
  const { resume } = context.job;
  if (resume === null) return { startStep: 0, verdicts: { correct: [], stringMatch: [] } };
  const { facts, tensors } = readResume(context, resume);
  const correct = [...(tensors.get(CORRECT)?.data ?? [])];
  const stringMatch = [...(tensors.get(STRING_MATCH)?.data ?? [])];
  return { startStep: facts.step, verdicts: { correct, stringMatch } };
}

const vector = (values: readonly number[]): HostTensor => ({ shape: [values.length], data: Float32Array.from(values) });
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / Math.max(1, values.length);
