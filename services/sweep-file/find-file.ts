// The files that settings name: found beside the sweep file, hashed by content (an identity must not depend on where data lies),
// their training problems counted and their model shapes read. Reads whole files once, in pieces.

import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parquetMetadata } from 'hyparquet';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { FindFile, FoundFile } from '../study/check/index.ts';
import { corpusFilesIn, type FileKind, isCorpusFile } from '../study/settings/index.ts';
import { countProblems, shapeOfFolder } from '../trainer/index.ts';

const PIECE_BYTES = 4 << 20;
/** What a folder of weights consists of; anything else in it changes no result. */
const WEIGHT_FILE = /^(?!\._)(config\.json|.*\.safetensors|.*\.safetensors\.index\.json)$/;
const HUB_REPOSITORY = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;
const PINNED_HUB_NAME = /^hf:[^/@]+\/[^/@]+@[^@]+$/;

/** Text and benchmarks are the user's to bring; a plan needs nothing of them that it cannot leave open. */
const USER_DATA: readonly FileKind[] = ['corpus', 'benchmark', 'labels'];

/**
 * @param folder that relative names count from: the sweep file's own
 * @param onMissing told of text and benchmarks that are not there yet, which are then planned without facts; null = they are refused
 */
export function fileFinder(folder: string, onMissing: ((path: string) => void) | null = null): FindFile {
  const known = new Map<string, FoundFile>();
  const findOrLeaveOpen = (name: string, kind: FileKind): FoundFile => {
    const path = resolve(folder, name);
    if (onMissing === null || !USER_DATA.includes(kind) || existsSync(path)) return find(folder, name, kind);
    onMissing(path);
    return { kind: 'found', name: path, facts: null };
  };
  return (name, kind) => {
    const found = known.get(`${kind} ${name}`) ?? findOrLeaveOpen(name, kind);
    known.set(`${kind} ${name}`, found);
    return found;
  };
}

function find(folder: string, name: string, kind: FileKind): FoundFile {
  if (kind === 'weights' && name.startsWith('hf:')) {
    if (PINNED_HUB_NAME.test(name)) return { kind: 'found', name, facts: null };
    return {
      kind: 'refused',
      reason: `model.weights: ${name} names no revision; allowed: hf:owner/name@revision, or a folder`,
    };
  }
  const path = resolve(folder, name);
  if (!existsSync(path)) {
    const onHub = kind === 'weights' && HUB_REPOSITORY.test(name) ? `; did you mean hf:${name}@main?` : '';
    return { kind: 'refused', reason: `${SETTING[kind]}: ${path} does not exist${onHub}` };
  }
  switch (kind) {
    case 'weights':
      return findWeights(path);
    case 'tokenizer':
      return findTokenizer(path);
    case 'trainFile':
      return findTrainFile(path);
    case 'corpus':
      return statSync(path).isDirectory() ? findFolder(path) : findText(path, kind, isCorpusFile, CORPUS_ENDINGS);
    case 'labels':
      return findText(path, kind, () => true, 'any text file');
    case 'benchmark':
      return findBenchmark(path);
  }
}

const SETTING: Readonly<Record<FileKind, string>> = {
  weights: 'model.weights',
  tokenizer: 'tokenizer.file',
  trainFile: 'task.trainFile',
  corpus: 'files',
  benchmark: 'task.file',
  labels: 'task.labels',
};
const CORPUS_ENDINGS = '.txt, .jsonl or .parquet, the first two also as .gz';
const isBenchmarkFile = (name: string): boolean => /\.(jsonl?(\.gz)?|parquet)$/.test(name);

/** Everything that the trainer would refuse about config, files and tensors is refused here. */
function findWeights(folder: string): FoundFile {
  try {
    const shape = shapeOfFolder(folder);
    const names = readdirSync(folder)
      .filter((name) => WEIGHT_FILE.test(name))
      .sort();
    const sha256 = hashFiles(names.map((name) => join(folder, name)));
    return { kind: 'found', name: folder, facts: { sha256, examples: null, shape } };
  } catch (error) {
    if (!(error instanceof LatentSweepError)) throw error;
    const key = error.details['key'] === 'model.weights' ? '' : 'model.weights: ';
    return { kind: 'refused', reason: `${key}${error.sentence}` };
  }
}

/** The config beside it names the end of text, so it counts too. */
function findTokenizer(path: string): FoundFile {
  if (!statSync(path).isFile()) return { kind: 'refused', reason: `tokenizer.file: ${path} is no file` };
  const files = [path, join(dirname(path), 'tokenizer_config.json')].filter((file) => existsSync(file));
  return { kind: 'found', name: path, facts: { sha256: hashFiles(files), examples: null, shape: null } };
}

function findTrainFile(path: string): FoundFile {
  if (!statSync(path).isFile()) return { kind: 'refused', reason: `task.trainFile: ${path} is no file` };
  return counted(path, SETTING.trainFile, 'problems; allowed: a JSON list, or one problem a line', countProblems);
}

/** Read whole only by the trainer: a corpus may be larger than memory. */
function findText(path: string, kind: FileKind, isKnown: (name: string) => boolean, allowed: string): FoundFile {
  if (!statSync(path).isFile()) return { kind: 'refused', reason: `${SETTING[kind]}: ${path} is no file` };
  if (!isKnown(path))
    return { kind: 'refused', reason: `${SETTING[kind]}: ${path} has no known ending; allowed: ${allowed}` };
  if (statSync(path).size === 0) return { kind: 'refused', reason: `${SETTING[kind]}: ${path} is empty` };
  return { kind: 'found', name: path, facts: { sha256: hashFiles([path]), examples: null, shape: null } };
}

/** Its corpus files by name, as the trainer reads them. */
function findFolder(folder: string): FoundFile {
  const names = corpusFilesIn(readdirSync(folder));
  if (names.length === 0)
    return { kind: 'refused', reason: `files: ${folder} holds no corpus files; allowed: ${CORPUS_ENDINGS}` };
  const sha256 = hashFiles(names.map((name) => join(folder, name)));
  return { kind: 'found', name: folder, facts: { sha256, examples: null, shape: null } };
}

function findBenchmark(path: string): FoundFile {
  const found = findText(path, 'benchmark', isBenchmarkFile, '.jsonl or .parquet, the first also as .gz');
  if (found.kind === 'refused' || found.facts === null) return found;
  const count = path.endsWith('.parquet') ? rowsOfParquet : countProblems;
  return counted(path, SETTING.benchmark, 'items that can be counted', count);
}

function counted(path: string, setting: string, what: string, count: (path: string) => number | null): FoundFile {
  try {
    const examples = count(path);
    if (examples === null) return { kind: 'refused', reason: `${setting}: ${path} holds no ${what}` };
    return { kind: 'found', name: path, facts: { sha256: hashFiles([path]), examples, shape: null } };
  } catch (error) {
    if (!(error instanceof LatentSweepError)) throw error;
    return { kind: 'refused', reason: `${setting}: ${error.sentence}` };
  }
}

/** @returns null for a file that is not Parquet, or has no rows */
function rowsOfParquet(path: string): number | null {
  try {
    return Number(parquetMetadata(readFileSync(path)).num_rows) || null;
  } catch {
    return null; // the caller refuses the file by name
  }
}

/** One file: the SHA-256 of its bytes; several: of their hashes in order. */
function hashFiles(paths: readonly string[]): string {
  const hashes = paths.map(hashFile);
  const [only = ''] = hashes;
  return hashes.length === 1 ? only : createHash('sha256').update(hashes.join('\n')).digest('hex');
}

function hashFile(path: string): string {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(PIECE_BYTES);
  const file = openSync(path, 'r');
  try {
    for (let count = readSync(file, piece); count > 0; count = readSync(file, piece))
      hash.update(piece.subarray(0, count));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}
