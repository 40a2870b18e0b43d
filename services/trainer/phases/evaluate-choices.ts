// A benchmark by likelihood: each choice is the continuation of its prompt, with the latents once at the prompt's end (docs/design/study.md
// section 9), and the likeliest is taken, with and without regard to its length. One step is one batch of items.

import type { EvaluationItem } from '../../../workflows/domain/segment.ts';
import type { EvaluatePhaseConfig } from '../../study/settings/index.ts';
import type { HostTensor } from '../../tensor/runtime/index.ts';
import { latentsOf } from '../curriculum/index.ts';
import type { CurriculumItem } from '../systems/index.ts';
import type { ChoiceItem } from '../tasks/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';
import { evaluationEngine } from './evaluation-engine.ts';
import { type JobContext, readResume } from './phase-context.ts';
import type { PhaseData } from './phase-data.ts';
import type { PhaseWork } from './phase-work.ts';

const CORRECT = 'evaluation.correct';
const CORRECT_NORMALISED = 'evaluation.correct_normalised';
/** Digits of a likelihood in an item's row; single precision has no more. */
const DIGITS = 7;

/** Prompt and continuation are tokenised apart, so that no token reaches across the place of the latents. */
export function choiceItems({ choices }: ChoiceItem, tokenizer: Tokenizer, latents: number): readonly CurriculumItem[] {
  return choices.map(({ prompt, continuation }) => ({
    question: tokenizer.encode(prompt),
    latents,
    target: tokenizer.encode(continuation),
  }));
}

export function evaluateChoices(
  config: EvaluatePhaseConfig,
  context: JobContext,
  data: Extract<PhaseData, { kind: 'choices' }>,
): PhaseWork {
  const { tokenizer, totalSteps } = context;
  const { batch, split, items: limit } = config.evaluate;
  const size = Math.min(limit ?? data.items.length, data.items.length);
  const latents = latentsOf(config.system, config.latents);
  const engine = evaluationEngine(config, context);
  const { startStep, correct, normalised } = resumed(context);

  const judge = (step: number): readonly JudgedItem[] => {
    const first = (step - 1) * batch;
    const items = data.items.slice(first, Math.min(first + batch, size));
    const startedMs = performance.now();
    const scored = items.map((item) => choiceItems(item, tokenizer, latents));
    const nats = engine.score({ kind: 'curriculum', items: scored.flat() });
    const seconds = (performance.now() - startedMs) / 1_000 / items.length;
    let from = 0;
    return items.map((item, row) => {
      const sums = (scored[row] ?? []).map(({ target }) => {
        const own = nats.subarray(from, from + target.length);
        from += target.length;
        return own.reduce((sum, one) => sum + one, 0);
      });
      const tokens = (scored[row] ?? []).reduce((sum, { target }) => sum + target.length, 0);
      return judged(item, sums, { item: first + row, tokens, seconds });
    });
  };

  return {
    startStep,
    totalSteps,
    parameters: 0,
    tokenizerHash: tokenizer.hash,
    run(step) {
      const judgements = judge(step);
      for (const one of judgements) {
        correct.push(one.row.correct ? 1 : 0);
        normalised.push(one.isCorrectNormalised ? 1 : 0);
      }
      const metrics = new Map([
        ['accuracy', mean(correct)],
        ['accuracy_normalised', mean(normalised)],
      ]);
      const items = judgements.map(({ row }) => row);
      return { metrics, items, tokens: items.reduce((sum, { tokens }) => sum + tokens, 0), lossNats: null };
    },
    state: () => ({
      updates: 0,
      tensors: new Map([
        [CORRECT, vector(correct)],
        [CORRECT_NORMALISED, vector(normalised)],
      ]),
    }),
    result: () => ({
      weightsSha256: null,
      capacityFloatsPerLatent: engine.capacityFloatsPerLatent,
      evaluation: {
        split,
        items: correct.length,
        correct: correct.reduce((sum, one) => sum + one, 0),
        accuracy: mean(correct),
        chance: mean(data.items.slice(0, size).map(({ choices }) => 1 / choices.length)),
      },
      analyses: [{ name: 'accuracy_normalised', label: '', i: null, j: null, value: mean(normalised) }],
    }),
  };
}

interface JudgedItem {
  readonly row: EvaluationItem;
  readonly isCorrectNormalised: boolean;
}

/**
 * `correct` goes by the whole likelihood; the row's prediction also says which choice the likelihood per character takes.
 * @param nats negative log-likelihood of each continuation
 */
export function judged(
  { choices, gold }: ChoiceItem,
  nats: readonly number[],
  about: Pick<EvaluationItem, 'item' | 'tokens' | 'seconds'>,
): JudgedItem {
  const choice = smallest(nats);
  const perCharacter = choices.map(({ continuation }, index) => (nats[index] ?? 0) / continuation.trim().length);
  const normalised = smallest(perCharacter);
  const likelihoods = nats.map((one) => Number((-one).toPrecision(DIGITS)));
  const prediction = JSON.stringify({ choice, normalised, logLikelihood: likelihoods });
  return {
    row: { ...about, prediction, gold: String(gold), correct: choice === gold },
    isCorrectNormalised: normalised === gold,
  };
}

/** The first one where several are equal. */
function smallest(values: readonly number[]): number {
  return values.indexOf(Math.min(...values));
}

function resumed(context: JobContext) {
  const { resume } = context.job;
  if (resume === null) return { startStep: 0, correct: [], normalised: [] };
  const { facts, tensors } = readResume(context, resume);
  const read = (name: string): number[] => [...(tensors.get(name)?.data ?? [])];
  return { startStep: facts.step, correct: read(CORRECT), normalised: read(CORRECT_NORMALISED) };
}

const vector = (values: readonly number[]): HostTensor => ({ shape: [values.length], data: Float32Array.from(values) });
const mean = (values: readonly number[]): number =>
  values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);
