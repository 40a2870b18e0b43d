// Which weights a finetune ends with when `train.select` asks: those of the evaluated step of its last stage that answers most validation
// questions, the earliest of equals (docs/design/study.md section 5). The best weights so far travel in every checkpoint, so a run that is cut
// anywhere chooses the same step and ends with the same bits.

import type { PhaseResult } from '../../../workflows/domain/phase-result.ts';
import type { FinetunePhaseConfig } from '../../study/settings/index.ts';
import type { NamedTensors } from '../../tensor/runtime/index.ts';
import { SELECTION_PREFIX } from '../checkpoints/index.ts';
import { latentsOf, questionTokens } from '../curriculum/index.ts';
import type { Engine } from '../engine/types.ts';
import { greedyAnswers } from './greedy-answers.ts';
import type { PhaseContext } from './phase-context.ts';

/** Step and right answers, [2]. fp32 holds them exactly up to 2^24. */
const BEST = `${SELECTION_PREFIX}best`;
const WEIGHTS = `${SELECTION_PREFIX}weights.`;

interface Best {
  readonly step: number;
  readonly correct: number;
  /** Trained ones by name; empty once the engine holds them for good. */
  readonly weights: NamedTensors;
}

export interface Candidates {
  /** Steps between two evaluations, counted from `after`. */
  readonly every: number;
  /** Last step before the last stage. */
  readonly after: number;
  /** Last step of the phase, evaluated in any case. */
  readonly last: number;
}

export class CheckpointChoice {
  readonly #candidates: Candidates;
  readonly #engine: Engine;
  readonly #items: number;
  readonly #countCorrect: () => number;
  #best: Best | null;

  /**
   * @param items questions of a validation
   * @param countCorrect how many of them the engine's weights answer
   * @param selection of the checkpoint that is resumed; empty at the beginning
   */
  constructor(
    candidates: Candidates,
    engine: Engine,
    items: number,
    countCorrect: () => number,
    selection: NamedTensors,
  ) {
    this.#candidates = candidates;
    this.#engine = engine;
    this.#items = items;
    this.#countCorrect = countCorrect;
    this.#best = bestOf(selection);
  }

  /**
   * To be called after every step. After the last one the engine holds the chosen weights; where they are not its own, the moments of its
   * optimizer are zero.
   * @returns validation accuracy, 0..1; null at steps that are not evaluated
   */
  after(step: number): number | null {
    const { every, after, last } = this.#candidates;
    const isCandidate = step > after && ((step - after) % every === 0 || step === last);
    if (!isCandidate) return null;
    const correct = this.#countCorrect();
    if (this.#best === null || correct > this.#best.correct) {
      const weights = this.#engine.weights();
      const trained = new Set(this.#engine.trainedNames);
      this.#best = { step, correct, weights: new Map([...weights].filter(([name]) => trained.has(name))) };
    }
    if (step === last) this.#settle(this.#best, step);
    return correct / this.#items;
  }

  #settle(best: Best, step: number): void {
    if (best.step !== step) this.#engine.setWeights(new Map([...this.#engine.weights(), ...best.weights]));
    this.#best = { ...best, weights: new Map() };
  }

  /** What a checkpoint holds beside weights and moments. */
  state(): NamedTensors {
    if (this.#best === null) return new Map();
    const { step, correct, weights } = this.#best;
    return new Map([
      [BEST, { shape: [2], data: Float32Array.of(step, correct) }],
      ...[...weights].map(([name, tensor]) => [`${WEIGHTS}${name}`, tensor] as const),
    ]);
  }

  /** null before the first evaluation. */
  get selected(): PhaseResult['selected'] | null {
    if (this.#best === null) return null;
    const { step, correct } = this.#best;
    return { step, accuracy: correct / this.#items, items: this.#items };
  }
}

function bestOf(selection: NamedTensors): Best | null {
  const [step, correct] = selection.get(BEST)?.data ?? [];
  if (step === undefined || correct === undefined) return null;
  const weights = new Map(
    [...selection].flatMap(([name, tensor]) =>
      name.startsWith(WEIGHTS) ? [[name.slice(WEIGHTS.length), tensor] as const] : [],
    ),
  );
  return { step, correct, weights };
}

/** The choice that a finetune asks for; null = its final weights. */
export function checkpointChoice(
  { system, latents, train: { select } }: FinetunePhaseConfig,
  { task, tokenizer, totalSteps }: PhaseContext,
  engine: Engine,
  stepsOfLastStage: number,
  selection: NamedTensors,
): CheckpointChoice | null {
  if (select === undefined) return null;
  const split = task.splits.valid;
  const items = Array.from({ length: Math.min(select.items, split.size) }, (_, index) => ({
    question: questionTokens(split.example(index), tokenizer),
    latents: latentsOf(system, latents),
  }));
  const answering = { engine, task, split, tokenizer, maxNewTokens: select.maxNewTokens };
  return new CheckpointChoice(
    { every: select.every, after: totalSteps - stepsOfLastStage, last: totalSteps },
    engine,
    items.length,
    () => greedyAnswers(answering, 0, items).filter(({ correct }) => correct).length,
    selection,
  );
}
