// Metrics, evaluated items and analyses as tab-separated files that only grow. A resume cuts them to the length that belongs to its checkpoint, so
// every row is there once, as if nothing had happened. Values print as the shortest text that reads back to the same number.

import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { AnalysisValue } from '../../../workflows/domain/phase-result.ts';
import type { TrainerEvent } from '../jobs/protocol.ts';
import type { RowLengths } from './trial-state.ts';

type Segment = Extract<TrainerEvent, { kind: 'segment' }>;

const HEADS = {
  metrics: 'phase\tmetric\tstep\tvalue\n',
  items: 'item\tcorrect\ttokens\tprediction\tgold\n',
  analyses: 'phase\tanalysis\tlabel\ti\tj\tvalue\n',
} as const;
const NAMES = ['metrics', 'items', 'analyses'] as const;

export const metricsFile = (folder: string): string => join(folder, 'metrics.tsv');
const fileOf = (folder: string, name: (typeof NAMES)[number]): string => join(folder, `${name}.tsv`);

export class RowFiles {
  readonly #fds: Readonly<Record<(typeof NAMES)[number], number>>;
  #lengths: RowLengths;

  /**
   * @param lengths rows beyond are dropped; null begins anew
   * @throws LatentSweepError CONFLICT when a file is shorter than recorded
   */
  constructor(folder: string, lengths: RowLengths | null) {
    const open = (name: (typeof NAMES)[number]): number =>
      openSync(fileOf(folder, name), lengths === null ? 'w' : 'r+');
    this.#fds = { metrics: open('metrics'), items: open('items'), analyses: open('analyses') };
    this.#lengths = lengths ?? { metrics: 0, items: 0, analyses: 0 };
    for (const name of NAMES) {
      if (lengths === null) this.#append(name, HEADS[name]);
      else cutTo(fileOf(folder, name), this.#fds[name], lengths[name]);
    }
  }

  get lengths(): RowLengths {
    return this.#lengths;
  }

  /** On disk when it returns. */
  append(phase: string, { metrics, items }: Segment): RowLengths {
    const rows = metrics.flatMap(({ name, steps, values }) =>
      steps.map((step, index) => `${phase}\t${name}\t${step}\t${values[index]}\n`),
    );
    this.#append('metrics', rows.join(''));
    this.#append(
      'items',
      items
        .map(({ item, correct, tokens, prediction, gold }) =>
          [item, correct, tokens, escaped(prediction), escaped(gold)].join('\t').concat('\n'),
        )
        .join(''),
    );
    return this.#lengths;
  }

  /** On disk when it returns; an index that there is not is an empty field. */
  appendAnalyses(phase: string, analyses: readonly AnalysisValue[]): void {
    const row = ({ name, label, i, j, value }: AnalysisValue): string =>
      [phase, name, escaped(label), i ?? '', j ?? '', value].join('\t').concat('\n');
    this.#append('analyses', analyses.map(row).join(''));
  }

  #append(name: (typeof NAMES)[number], text: string): void {
    const bytes = Buffer.from(text);
    let position = this.#lengths[name];
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#fds[name], bytes, done, bytes.length - done, position + done);
    fsyncSync(this.#fds[name]);
    position += bytes.length;
    this.#lengths = { ...this.#lengths, [name]: position };
  }

  close(): void {
    for (const name of NAMES) closeSync(this.#fds[name]);
  }
}

/** Means of the first and of the last `count` values of a metric of a phase; null without any. */
export function metricEnds(
  folder: string,
  phase: string,
  metric: string,
  count: number,
): { readonly first: number; readonly last: number } | null {
  const prefix = `${phase}\t${metric}\t`;
  const values = readFileSync(metricsFile(folder), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(prefix))
    .map((line) => Number(line.slice(line.lastIndexOf('\t') + 1)));
  if (values.length === 0) return null;
  const mean = (some: readonly number[]): number => some.reduce((sum, value) => sum + value, 0) / some.length;
  return { first: mean(values.slice(0, count)), last: mean(values.slice(-count)) };
}

function cutTo(path: string, fd: number, length: number): void {
  const { size } = fstatSync(fd);
  if (size < length) {
    throw new LatentSweepError(
      'CONFLICT',
      `${path} has ${size} bytes, ${length} were recorded; it was changed from outside`,
      {
        path,
      },
    );
  }
  ftruncateSync(fd, length);
}

/** JSON's escapes, so that a text stays in its column. */
const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);
