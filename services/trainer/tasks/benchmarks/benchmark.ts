// A multiple-choice benchmark in its public file format: items with a prompt and a continuation per choice. Which choice is taken is decided
// by the log-likelihood of the continuation (phases/choice-evaluation.ts); prompts are worded as in the LM evaluation harness.

import { statSync } from 'node:fs';
import { LatentSweepError } from '../../../../workflows/domain/errors.ts';
import type { BenchmarkSettings } from '../../../study/settings/index.ts';
import { dataHash } from '../built-in-data.ts';
import { linesOf, recordsOf } from '../documents/records.ts';
import type { ChoiceItem } from './choice-item.ts';
import { BENCHMARK_FORMATS } from './formats.ts';

export interface Benchmark {
  readonly kind: 'choices';
  readonly name: BenchmarkSettings['name'];
  /** SHA-256 (hex) over settings and the files' names, sizes and times. */
  readonly dataHash: string;
  readonly licence: string;
  /** Reads the whole file. @throws LatentSweepError DATA_MISSING, or DATA_INVALID naming file, line and key */
  items(): Promise<readonly ChoiceItem[]>;
}

/** @throws LatentSweepError DATA_MISSING naming the file */
export function createBenchmark(settings: BenchmarkSettings): Benchmark {
  const { name, file, labels } = settings;
  const stamps = [fileStamp(file, 'task.file'), ...(labels === null ? [] : [fileStamp(labels, 'task.labels')])];
  return {
    kind: 'choices',
    name,
    dataHash: dataHash(['benchmark', name, ...stamps]),
    licence: "the benchmark's own",
    items: () => readItems(settings),
  };
}

function fileStamp(file: string, key: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isFile() !== true)
    throw new LatentSweepError('DATA_MISSING', `${key}: cannot read the data file ${file}`, { path: file, key });
  return `${file} ${stats.size} ${stats.mtimeMs}`;
}

async function readItems({ name, file, labels }: BenchmarkSettings): Promise<readonly ChoiceItem[]> {
  const answers = labels === null ? null : await labelsOf(labels);
  const items: ChoiceItem[] = [];
  for await (const { place, value } of recordsOf(file, null)) {
    const parsed = BENCHMARK_FORMATS[name](value, answers?.[items.length] ?? null);
    if ('problem' in parsed)
      throw new LatentSweepError('DATA_INVALID', `${place}: ${parsed.problem} (task.name ${name})`, { path: file });
    items.push(parsed);
  }
  if (items.length === 0) throw new LatentSweepError('DATA_INVALID', `${file} holds no items`, { path: file });
  if (answers !== null && answers.length !== items.length) {
    throw new LatentSweepError(
      'DATA_INVALID',
      `${labels} has ${answers.length} labels, ${file} has ${items.length} items`,
      { path: labels, key: 'task.labels' },
    );
  }
  return items;
}

async function labelsOf(path: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(path)) if (line.trim() !== '') lines.push(line.trim());
  return lines;
}
