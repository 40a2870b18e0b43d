// The evaluate phase: greedy answers to a split, judged by the task's verifier, and causal tests of the latents where they are asked for.
// One step is one batch of items; the verdicts so far are its checkpoint, so it resumes between batches and its metrics do not depend on
// where it was cut.

import type { EvaluationItem } from '../../../workflows/domain/segment.ts';
import type { EvaluatePhaseConfig } from '../../study/settings/index.ts';
import type { HostTensor, NamedTensors } from '../../tensor/runtime/index.ts';
import { curriculumItem, latentsOf, questionTokens } from '../curriculum/index.ts';
import type { GenerateItem, ItemLatents } from '../systems/index.ts';
import { sameText } from '../tasks/index.ts';
import { CausalTests } from './evaluate-causal-tests.ts';
import { evaluationEngine } from './evaluation-engine.ts';
import { greedyAnswers } from './greedy-answers.ts';
import { type PhaseContext, readResume } from './phase-context.ts';
import type { PhaseWork } from './phase-work.ts';

const CORRECT = 'evaluation.correct';
const STRING_MATCH = 'evaluation.string_match';

export function evaluatePhase(config: EvaluatePhaseConfig, context: PhaseContext): PhaseWork {
  const { task, tokenizer, totalSteps } = context;
  const { split: splitName, batch, maxNewTokens, items: limit, interventions = [] } = config.evaluate;
  const split = task.splits[splitName];
  const size = Math.min(limit ?? split.size, split.size);
  const latents = latentsOf(config.system, config.latents);
  const engine = evaluationEngine(config, context);
  const { startStep, tensors } = resumed(context);
  const before = (name: string): number[] => [...(tensors?.get(name)?.data ?? [])];
  // 1 per item so far, in order: judged correct; equal to the gold answer as text
  const correct = before(CORRECT);
  const stringMatch = before(STRING_MATCH);

  /** @param given latents in place of the system's own */
  const answers = (begin: number, items: readonly GenerateItem[], given?: readonly ItemLatents[]) =>
    greedyAnswers({ engine, task, split, tokenizer, maxNewTokens }, begin, items, given);

  const tests =
    interventions.length === 0 || latents === 0
      ? null
      : new CausalTests(
          {
            ...{ engine, interventions, size, batch },
            itemAt: (index) => curriculumItem(split.example(index), { droppedSteps: Infinity, latents }, tokenizer),
            judge: (begin, items, given) => answers(begin, items, given).map((answer) => answer.correct),
          },
          tensors,
        );

  const evaluate = (begin: number): readonly EvaluationItem[] => {
    const items = Array.from({ length: Math.min(batch, size - begin) }, (_, row) => ({
      question: questionTokens(split.example(begin + row), tokenizer),
      latents,
    }));
    const startedMs = performance.now();
    const answered = answers(begin, items);
    const seconds = (performance.now() - startedMs) / 1_000 / items.length;
    return answered.map((answer, row) => ({ item: begin + row, ...answer, seconds }));
  };

  return {
    startStep,
    totalSteps,
    parameters: 0,
    tokenizerHash: tokenizer.hash,
    run(step) {
      const begin = (step - 1) * batch;
      const items = evaluate(begin);
      for (const item of items) {
        correct.push(item.correct ? 1 : 0);
        stringMatch.push(sameText(item.prediction, item.gold) ? 1 : 0);
      }
      tests?.run(
        begin,
        items.map((item) => item.correct),
      );
      const metrics = new Map([
        ['accuracy', mean(correct)],
        ['string_match', mean(stringMatch)],
      ]);
      return { metrics, items, tokens: items.reduce((total, item) => total + item.tokens, 0), lossNats: null };
    },
    state: () => ({
      updates: 0,
      tensors: new Map([[CORRECT, vector(correct)], [STRING_MATCH, vector(stringMatch)], ...(tests?.state() ?? [])]),
    }),
    result: () => ({
      weightsSha256: null,
      capacityFloatsPerLatent: engine.capacityFloatsPerLatent,
      evaluation: {
        split: splitName,
        items: correct.length,
        correct: sum(correct),
        accuracy: mean(correct),
        chance: task.chance,
      },
      analyses: tests?.analyses() ?? [],
    }),
  };
}

function resumed(context: PhaseContext): { readonly startStep: number; readonly tensors: NamedTensors | null } {
  const { resume } = context.job;
  if (resume === null) return { startStep: 0, tensors: null };
  const { facts, tensors } = readResume(context, resume);
  return { startStep: facts.step, tensors };
}

const vector = (values: readonly number[]): HostTensor => ({ shape: [values.length], data: Float32Array.from(values) });
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / Math.max(1, values.length);
