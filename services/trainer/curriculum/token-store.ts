// A corpus as tokens on this machine's disk: every split one file of 32-bit ids, documents in order, each followed by the end of text. Made
// once for a corpus and a tokenizer, streaming, and found again by their hashes; any token is then one read away, so that the rows of a
// step are a pure function of it. Nothing else is ever written here, and what is there is whole.

import { createHash, randomUUID } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isDiskFull } from '../../../workflows/domain/disk-full.ts';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { Corpus, SplitName } from '../tasks/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';

const FORMAT_VERSION = 1;
const TOKEN_BYTES = 4;
/** Tokens collected before a write, 1 MB. */
const PIECE_TOKENS = 1 << 18;
/** Documents between two turns of the event loop while the store is made. */
const DOCUMENTS_PER_TURN = 256;
const SPLITS = ['train', 'valid', 'test'] as const satisfies readonly SplitName[];

export interface TokenStore {
  /** Tokens of each split, ends of text included. */
  readonly counts: Readonly<Record<SplitName, number>>;
  /** @throws RangeError beyond the split */
  read(split: SplitName, start: number, count: number): readonly number[];
}

export interface TokenStoreOptions {
  /** Folder for all stores of the machine. */
  readonly cacheDir: string;
  /** Called now and then while a store is made, so that nobody takes the process for hung. */
  readonly onProgress: (documents: number) => void | Promise<void>;
}

/** @throws LatentSweepError as `Corpus.documents`; DISK_FULL, ARTIFACT_STORE when the store cannot be written */
export async function openTokenStore(
  corpus: Corpus,
  tokenizer: Tokenizer,
  options: TokenStoreOptions,
): Promise<TokenStore> {
  const key = createHash('sha256').update(`${FORMAT_VERSION} ${corpus.dataHash} ${tokenizer.hash}`).digest('hex');
  const folder = join(options.cacheDir, 'corpora', key.slice(0, 32));
  if (!existsSync(folder)) await makeStore(corpus, tokenizer, folder, options);
  const counts = { train: tokensIn(folder, 'train'), valid: tokensIn(folder, 'valid'), test: tokensIn(folder, 'test') };
  return { counts, read: (split, start, count) => readTokens(folder, split, counts[split], start, count) };
}

const fileOf = (folder: string, split: SplitName): string => join(folder, `${split}.tokens`);
const tokensIn = (folder: string, split: SplitName): number => statSync(fileOf(folder, split)).size / TOKEN_BYTES;

async function makeStore(corpus: Corpus, tokenizer: Tokenizer, folder: string, { onProgress }: TokenStoreOptions) {
  const temporary = `${folder}.${randomUUID()}.tmp`;
  try {
    await writeStore(corpus, tokenizer, temporary, onProgress);
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    // another process was faster: same hashes, same tokens
    if (!existsSync(folder)) throw storeError(folder, error);
  }
}

async function writeStore(
  corpus: Corpus,
  tokenizer: Tokenizer,
  folder: string,
  onProgress: TokenStoreOptions['onProgress'],
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const writers = new Map(SPLITS.map((split) => [split, new TokenWriter(fileOf(folder, split))]));
  const limit = corpus.settings.tokens ?? Number.POSITIVE_INFINITY;
  try {
    let documents = 0;
    for await (const { split, text } of corpus.documents()) {
      const writer = writers.get(split);
      if (split !== 'train' || (writer?.count ?? 0) < limit) {
        const most = split === 'train' ? limit : null;
        writer?.add(tokenizer.encode(text), most);
        writer?.add([tokenizer.eosTokenId], most);
      }
      if (++documents % DOCUMENTS_PER_TURN === 0) await onProgress(documents);
      // with files of their own, the held-out splits still follow
      if (!('train' in corpus.settings.files) && (writers.get('train')?.count ?? 0) >= limit) break;
    }
  } finally {
    for (const writer of writers.values()) writer.close();
  }
}

class TokenWriter {
  readonly #file: number;
  readonly #piece = new Uint32Array(PIECE_TOKENS);
  #used = 0;
  count = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'wx');
  }

  /** @param limit of the whole file; null = none */
  add(tokens: readonly number[], limit: number | null): void {
    for (const token of tokens) {
      if (limit !== null && this.count >= limit) return;
      this.#piece[this.#used++] = token;
      this.count++;
      if (this.#used === PIECE_TOKENS) this.#flush();
    }
  }

  #flush(): void {
    writeSync(this.#file, new Uint8Array(this.#piece.buffer, 0, this.#used * TOKEN_BYTES));
    this.#used = 0;
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }
}

function readTokens(folder: string, split: SplitName, size: number, start: number, count: number): readonly number[] {
  if (!(start >= 0 && start + count <= size)) throw new RangeError(`no tokens ${start} to ${start + count} of ${size}`);
  const tokens = new Uint32Array(count);
  const file = openSync(fileOf(folder, split), 'r');
  try {
    const bytes = new Uint8Array(tokens.buffer);
    if (readSync(file, bytes, 0, bytes.length, start * TOKEN_BYTES) !== bytes.length)
      throw new LatentSweepError('ARTIFACT_STORE', `${fileOf(folder, split)} was cut while it was read`, { folder });
  } finally {
    closeSync(file);
  }
  return [...tokens];
}

function storeError(folder: string, cause: unknown): unknown {
  if (cause instanceof LatentSweepError || !(cause instanceof Error) || !('code' in cause)) return cause;
  const code = isDiskFull(cause) ? 'DISK_FULL' : 'ARTIFACT_STORE';
  return new LatentSweepError(
    code,
    `cannot write the tokens of the corpus to ${folder}: ${cause.message}`,
    { folder },
    cause,
  );
}
