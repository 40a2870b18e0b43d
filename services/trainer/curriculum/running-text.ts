// The base phase's text: rows cut from endless running text, examples one after another with the end of text between them.
// Row r of step s starts somewhere inside one drawn example and goes on with further ones, all drawn with replacement from (seed, s, r),
// so every token of the training text is met at about the same rate and no row depends on another.

import { draws } from '../random/draws.ts';
import type { Split } from '../tasks/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';
import type { TrainingText } from './corpus-text.ts';
import { questionTokens, targetTokens } from './item.ts';

export class RunningText implements TrainingText {
  readonly #split: Split;
  readonly #tokenizer: Tokenizer;
  readonly #seed: number;

  constructor(split: Split, tokenizer: Tokenizer, seed: number) {
    this.#split = split;
    this.#tokenizer = tokenizer;
    this.#seed = seed;
  }

  /** @returns [rows][length] token ids of a step, counted from 1 */
  rowsOf(step: number, rows: number, length: number): readonly (readonly number[])[] {
    return Array.from({ length: rows }, (_, row) => this.#row(step, row, length));
  }

  #row(step: number, row: number, length: number): readonly number[] {
    const source = draws('running-text', this.#seed, step, row);
    const next = (): number[] => {
      const example = this.#split.example(source.below(this.#split.size));
      return [...questionTokens(example, this.#tokenizer), ...targetTokens(example, this.#tokenizer, 0)];
    };
    const first = next();
    const tokens = first.slice(source.below(first.length));
    while (tokens.length < length) tokens.push(...next());
    return tokens.slice(0, length);
  }
}
