// One token per word, digit or other character, each with the space before it. The first of a line counts as if it had one: a name is one
// token wherever it stands, so a small model need not learn that two tokens mean the same. Spaces at the start of a line are thus not kept.
// The vocabulary is that of the task's training text: it is rebuilt from the task (same data hash, same ids), and checkpoints carry its hash.

import { createHash } from 'node:crypto';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { type AnyTask, corpusText, type Task } from '../tasks/index.ts';
import type { Tokenizer } from './tokenizer.ts';

const PIECE = / ?\p{L}+| ?\d| ?[^\s\p{L}\d]|\s/gu;
const EOS = 0;
const UNKNOWN = 1;
const SPECIALS = 2;
/** Training examples whose pieces make the vocabulary; generated tasks have met all of theirs long before. */
const VOCABULARY_EXAMPLES = 8_192;

const LINE_START = /^(?=[^\s])/gm;
const SPACE_AT_LINE_START = /^ /gm;

const piecesOf = (text: string): readonly string[] => text.replace(LINE_START, ' ').match(PIECE) ?? [];

export function createWordsTokenizer(task: AnyTask): Tokenizer {
  const seen = new Set<string>();
  const unseen = piecesThatCanCome(task);
  for (const text of textsOf(task)) {
    for (const piece of piecesOf(text)) {
      seen.add(piece);
      unseen?.delete(piece);
    }
    if (unseen?.size === 0) break;
  }
  return wordsTokenizer([...seen].sort());
}

/** null = not known: all examples are read. Further ones would add nothing once these have been met. */
function piecesThatCanCome(task: AnyTask): Set<string> | null {
  if (task.kind !== 'questions' || task.everyWord === null) return null;
  return new Set(piecesOf(corpusText(task.everyWord)));
}

function textsOf(task: AnyTask): Iterable<string> {
  switch (task.kind) {
    case 'questions':
      return exampleTexts(task);
    case 'corpus':
      return task.vocabularyTexts();
    case 'choices':
      throw new LatentSweepError(
        'CONFIG_INVALID',
        `tokenizer: words takes its vocabulary from a task's text, and ${task.name} has none; allowed: bytes, gpt2, qwen3 or a file`,
        { key: 'tokenizer' },
      );
  }
}

function* exampleTexts({ splits: { train } }: Task): Generator<string> {
  for (let index = 0; index < Math.min(train.size, VOCABULARY_EXAMPLES); index++)
    yield corpusText(train.example(index));
}

/** @param pieces distinct, in the order of their ids */
function wordsTokenizer(pieces: readonly string[]): Tokenizer {
  const ids = new Map(pieces.map((piece, index) => [piece, SPECIALS + index]));
  return {
    name: 'words',
    vocabularySize: SPECIALS + pieces.length,
    eosTokenId: EOS,
    hash: createHash('sha256').update(JSON.stringify(pieces)).digest('hex'),
    encode: (text) => piecesOf(text).map((piece) => ids.get(piece) ?? UNKNOWN),
    decode: (tokens) =>
      tokens
        .map((id) => (id === UNKNOWN ? '\u{fffd}' : (pieces[id - SPECIALS] ?? '')))
        .join('')
        .replace(SPACE_AT_LINE_START, ''),
  };
}
