// Tasks whose data the user brings: a text corpus (docs/design/study.md sections 4 and 6) and the multiple-choice benchmarks of the corpus
// stage. Schemas and names only; what the files must hold is in services/trainer/tasks.

import { z } from 'zod';

const count = z.number().int().min(1);
const files = z.array(z.string().min(1)).min(1);

/** Whether a file's name says that it can be read as a corpus. */
export const isCorpusFile = (name: string): boolean => /\.(txt(\.gz)?|jsonl?(\.gz)?|parquet)$/.test(name);
/** Those of a folder, in the order they are read; `._*` is what macOS leaves beside a file on other disks. */
export const corpusFilesIn = (names: readonly string[]): readonly string[] =>
  names.filter((name) => isCorpusFile(name) && !name.startsWith('._')).sort();
/** Text that ships with the trainer: the worked examples of a task. */
export const isBuiltIn = (file: string): boolean => file.startsWith('builtin:');

export const corpusSchema = z.strictObject({
  name: z.literal('corpus'),
  /**
   * UTF-8 text (.txt), JSON lines (.jsonl) or Parquet (.parquet), each of the first two also as .gz, or `builtin:gsm8k`, `builtin:prosqa`.
   * A folder stands for its files of these kinds, by name. A list is split into train, valid and test by `heldOut`; a map names the files of
   * each.
   */
  files: z.union([files, z.strictObject({ train: files, valid: files, test: files.nullable().default(null) })]),
  /** Key of the text in JSON lines, column in Parquet. */
  field: z.string().min(1).default('text'),
  /** Between two documents of a .txt file; null = each file is one document. */
  separator: z.string().min(1).nullable().default('<|endoftext|>'),
  /** Share of the documents held out for valid, and as much again for test, decided by the hash of a document's text. */
  heldOut: z.number().positive().max(0.4).default(0.01),
  /** Training tokens to read; null = all there are. */
  tokens: count.nullable().default(null),
  /** Sequences of each held-out split that an evaluation reads, from its start. */
  valid: count.default(256),
  test: count.default(256),
});
export type CorpusSettings = z.infer<typeof corpusSchema>;

const BENCHMARK_NAMES = ['hellaswag', 'arc_easy', 'social_iqa', 'piqa', 'winogrande'] as const;
export type BenchmarkName = (typeof BENCHMARK_NAMES)[number];

/** Answers of an item; ARC has three or five in a few of its items. */
export const BENCHMARK_CHOICES: Readonly<Record<BenchmarkName, number>> = {
  hellaswag: 4,
  arc_easy: 4,
  social_iqa: 3,
  piqa: 2,
  winogrande: 2,
};

function benchmark<Name extends BenchmarkName>(name: Name) {
  return z.strictObject({
    name: z.literal(name),
    /** One split in the benchmark's public form: JSON lines or Parquet, also .gz. */
    file: z.string().min(1),
    /** Answers in a file of their own, one a line (PIQA, Social IQA); null = they are in `file`. */
    labels: z.string().min(1).nullable().default(null),
  });
}

export const benchmarkSchemas = [
  benchmark('hellaswag'),
  benchmark('arc_easy'),
  benchmark('social_iqa'),
  benchmark('piqa'),
  benchmark('winogrande'),
] as const;
export type BenchmarkSettings = z.infer<(typeof benchmarkSchemas)[number]>;

export function isBenchmark(task: { readonly name: string }): task is BenchmarkSettings {
  return BENCHMARK_NAMES.some((name) => name === task.name);
}

/** Files of a corpus by split; those of a list are all of them `train`. */
export function corpusFiles({
  files: named,
}: CorpusSettings): Readonly<Record<'train' | 'valid' | 'test', readonly string[]>> {
  if ('train' in named) return { train: named.train, valid: named.valid, test: named.test ?? [] };
  return { train: named, valid: [], test: [] };
}
