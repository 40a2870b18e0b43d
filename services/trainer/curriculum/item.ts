// From a worked example to what the engine reads: question, latents, target (docs/design/study.md section 5). Only the target is scored.

import type { CurriculumItem } from '../systems/index.ts';
import type { Example } from '../tasks/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';
import type { Stage } from './stages.ts';

/** Question and rest are tokenised apart, everywhere, so that a token never reaches across the place of the latents. */
export function questionTokens({ question }: Example, tokenizer: Tokenizer): number[] {
  return tokenizer.encode(`${question}\n`);
}

/** Remaining steps, each on its line, then `### answer` and the end of text. */
export function targetTokens({ steps, answer }: Example, tokenizer: Tokenizer, droppedSteps: number): number[] {
  const kept = steps.slice(Math.min(droppedSteps, steps.length)).map((step) => `${step}\n`);
  return [...tokenizer.encode(`${kept.join('')}### ${answer}`), tokenizer.eosTokenId];
}

/** @param withSteps also the tokens of the steps that latents replace, each with its end of line */
export function curriculumItem(
  example: Example,
  stage: Stage,
  tokenizer: Tokenizer,
  withSteps = false,
): CurriculumItem {
  const replaced = example.steps.slice(0, Math.min(stage.droppedSteps, example.steps.length));
  return {
    question: questionTokens(example, tokenizer),
    latents: stage.latents,
    target: targetTokens(example, tokenizer, stage.droppedSteps),
    ...(withSteps ? { steps: replaced.map((step) => tokenizer.encode(`${step}\n`)) } : {}),
  };
}
