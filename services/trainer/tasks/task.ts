// What a task is to the rest of the trainer: indexable examples, a verdict on an answer and text for the base phase.
// Examples are pure functions of (settings, split, index); nothing here may depend on time, order of calls or the machine.

export type SplitName = 'train' | 'valid' | 'test';

/** Question, chain of thought and answer as plain text, without separators. */
export interface Example {
  readonly question: string;
  readonly steps: readonly string[];
  readonly answer: string;
}

export interface Split {
  readonly size: number;
  /** @throws RangeError outside 0..size-1 */
  example(index: number): Example;
}

/** A task of questions. A corpus (corpus.ts) has text instead, a benchmark (benchmarks/) choices. */
export interface Task {
  readonly kind: 'questions';
  readonly name: string;
  /** SHA-256 (hex) over everything the examples depend on: source files, generator version and settings. */
  readonly dataHash: string;
  readonly licence: string;
  /** Accuracy of guessing, 0..1: what an accuracy must be read against. */
  readonly chance: number;
  readonly splits: Readonly<Record<SplitName, Split>>;
  /** An example with every word that its generator can write; null where only the examples tell. */
  readonly everyWord: Example | null;
  /** Judges an answer (see `answerIn`), not a whole generation. Never throws on any text. */
  verify(answer: string, example: Example): boolean;
}

/** The answer of a generated text: what follows the last `#`, without surrounding space (Coconut's marking). */
export function answerIn(generated: string): string {
  return generated.slice(generated.lastIndexOf('#') + 1).trim();
}

/** String equality after thousands commas are removed, as Coconut and GSM8K mark. */
export function sameText(answer: string, gold: string): boolean {
  return answer.replaceAll(',', '').trim() === gold.replaceAll(',', '').trim();
}

/** A whole worked example as text: what the base phase reads, and the layout that the curriculum cuts (docs/design/study.md section 5). */
export function corpusText(example: Example): string {
  return `${example.question}\n${example.steps.map((step) => `${step}\n`).join('')}### ${example.answer}`;
}

/** A split over a fixed list. */
export function listSplit(examples: readonly Example[]): Split {
  return {
    size: examples.length,
    example: (index) => {
      const example = examples[index];
      if (example === undefined) throw new RangeError(`no example ${index} in a split of ${examples.length}`);
      return example;
    },
  };
}

/** A split whose examples are made when first asked for and kept. */
export function generatedSplit(size: number, make: (index: number) => Example): Split {
  const made = new Map<number, Example>();
  return {
    size,
    example: (index) => {
      if (!Number.isInteger(index) || index < 0 || index >= size) {
        throw new RangeError(`no example ${index} in a split of ${size}`);
      }
      let example = made.get(index);
      if (example === undefined) {
        example = make(index);
        made.set(index, example);
      }
      return example;
    },
  };
}
