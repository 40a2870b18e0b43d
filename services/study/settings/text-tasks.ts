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
  name: z.literal('corpus').meta({ description: 'Running text of your own.' }),
  files: z
    .union([
      files,
      z.strictObject({
        train: files.meta({ description: 'Files of the split `train`.', examples: [['corpus/train']] }),
        valid: files.meta({ description: 'Files of the split `valid`.', examples: [['corpus/valid.parquet']] }),
        test: files
          .nullable()
          .default(null)
          .meta({
            description: 'Files of the split `test`. null: the split is empty.',
            examples: [['corpus/test.parquet']],
          }),
      }),
    ])
    .meta({
      description:
        'UTF-8 text (.txt), JSON lines (.jsonl) or Parquet (.parquet), each of the first two also as .gz, or `builtin:gsm8k`, `builtin:prosqa`. A folder stands for its files of these kinds, by name. A list is split by `heldOut`; a map names the files of each split.',
      examples: [['builtin:gsm8k'], { train: ['corpus/train'], valid: ['corpus/valid.parquet'] }],
    }),
  field: z.string().min(1).default('text').meta({ description: 'Key of the text in JSON lines, column in Parquet.' }),
  separator: z.string().min(1).nullable().default('<|endoftext|>').meta({
    description: 'What stands between two documents of a .txt file. null: each file is one document.',
  }),
  heldOut: z.number().positive().max(0.4).default(0.01).meta({
    description:
      'Share of the documents held out for `valid`, and as much again for `test`, decided by the hash of a document’s text.',
  }),
  tokens: count
    .nullable()
    .default(null)
    .meta({
      description: 'Training tokens to read. null: all there are.',
      unit: 'tokens',
      examples: [1_000_000],
    }),
  valid: count.default(256).meta({
    description: 'Sequences of the split `valid` that an evaluation reads, from its start.',
    unit: 'sequences',
  }),
  test: count.default(256).meta({
    description: 'Sequences of the split `test` that an evaluation reads, from its start.',
    unit: 'sequences',
  }),
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
    name: z
      .literal(name)
      .meta({ description: `Multiple choice by likelihood, ${BENCHMARK_CHOICES[name]} answers an item.` }),
    file: z
      .string()
      .min(1)
      .meta({
        description: 'One split in the benchmark’s public form: JSON lines or Parquet, also .gz.',
        examples: [`data/${name}_validation.jsonl`],
      }),
    labels: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .meta({
        description: 'Answers in a file of their own, one a line (PIQA, Social IQA). null: they are in `file`.',
        examples: [`data/${name}_labels.lst`],
      }),
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
