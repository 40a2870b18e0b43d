// A text corpus as a task: which documents belong to which split, and what identifies them on this machine. Nothing is read before it is
// asked for; files may be larger than memory.

import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { type CorpusSettings, corpusFiles, corpusFilesIn, isBuiltIn } from '../../study/settings/index.ts';
import { dataHash } from './built-in-data.ts';
import { builtInCorpora, builtInDocuments, documentsOf, isBuiltInCorpus } from './documents/documents.ts';
import type { SplitName } from './task.ts';

const FORMAT_VERSION = 1;

export interface Document {
  readonly split: SplitName;
  readonly text: string;
}

export interface Corpus {
  readonly kind: 'corpus';
  readonly name: 'corpus';
  readonly settings: CorpusSettings;
  /** SHA-256 (hex) over settings and the files' names, sizes and times: finds what was made of them on this machine. */
  readonly dataHash: string;
  readonly licence: string;
  /** All documents, files in the order named. @throws LatentSweepError DATA_MISSING, or DATA_INVALID naming file and line */
  documents(): AsyncGenerator<Document>;
  /** Documents for a vocabulary. @throws LatentSweepError CONFIG_INVALID unless the corpus is built in */
  vocabularyTexts(): readonly string[];
}

/** @throws LatentSweepError DATA_MISSING naming the file, or CONFIG_INVALID for a built-in that does not exist */
export function createCorpus(settings: CorpusSettings): Corpus {
  const files = filesBySplit(settings);
  const all = [...files.train, ...files.valid, ...files.test];
  return {
    kind: 'corpus',
    name: 'corpus',
    settings,
    dataHash: dataHash(['corpus', FORMAT_VERSION, JSON.stringify(settings), ...all.map(fileStamp)]),
    licence: all.every(isBuiltIn) ? 'MIT (built-in text)' : 'as the files say',
    documents: () => splitDocuments(settings),
    vocabularyTexts() {
      return all.flatMap((file) => {
        if (isBuiltInCorpus(file)) return builtInDocuments(file);
        throw new LatentSweepError(
          'CONFIG_INVALID',
          `tokenizer: words takes its vocabulary from built-in text, not from ${file}; allowed: bytes, gpt2, qwen3 or a file`,
          { key: 'tokenizer', path: file },
        );
      });
    },
  };
}

function fileStamp(file: string): string {
  if (isBuiltInCorpus(file)) return file;
  if (isBuiltIn(file)) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `task.files: ${file} is not known; built in: ${builtInCorpora.join(', ')}`,
      {
        key: 'task.files',
      },
    );
  }
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isFile() !== true)
    throw new LatentSweepError('DATA_MISSING', `cannot read the data file ${file}`, { path: file, key: 'task.files' });
  return `${file} ${stats.size} ${stats.mtimeMs}`;
}

/** A folder stands for its text files, by name. @throws LatentSweepError DATA_MISSING for a folder without any */
function filesBySplit(settings: CorpusSettings): Readonly<Record<SplitName, readonly string[]>> {
  const { train, valid, test } = corpusFiles(settings);
  return { train: train.flatMap(filesIn), valid: valid.flatMap(filesIn), test: test.flatMap(filesIn) };
}

function filesIn(name: string): readonly string[] {
  if (isBuiltIn(name) || statSync(name, { throwIfNoEntry: false })?.isDirectory() !== true) return [name];
  const files = corpusFilesIn(readdirSync(name));
  if (files.length > 0) return files.map((file) => join(name, file));
  throw new LatentSweepError('DATA_MISSING', `task.files: ${name} holds no .txt, .jsonl or .parquet file`, {
    path: name,
    key: 'task.files',
  });
}

async function* splitDocuments(settings: CorpusSettings): AsyncGenerator<Document> {
  const files = filesBySplit(settings);
  const isSplit = files.valid.length > 0;
  for (const split of ['train', 'valid', 'test'] as const) {
    for (const file of files[split]) {
      for await (const text of documentsOf(file, settings))
        yield { split: isSplit ? split : heldOutSplit(text, settings.heldOut), text };
    }
  }
}

/** By the text alone, so that copies of a document are never on both sides. */
export function heldOutSplit(text: string, share: number): SplitName {
  const place = createHash('sha256').update(text).digest().readUInt32LE(0) / 2 ** 32;
  return place < share ? 'test' : place < 2 * share ? 'valid' : 'train';
}
