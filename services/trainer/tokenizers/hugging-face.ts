// Real tokenizers from a Hugging Face `tokenizer.json` with its `tokenizer_config.json`. The files of GPT-2 and Qwen-3 lie in `data`, so that
// no download happens at run time. Ids equal those of the Rust library (checked on GSM8K with odd characters).

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { parseJsonFile, readDataFile } from '../text/index.ts';
import { boundedCall } from './bounded-call.ts';
import type { Tokenizer } from './tokenizer.ts';

const tokenizerSchema = z.looseObject({ model: z.looseObject({}) });
const configSchema = z.looseObject({
  eos_token: z.union([z.string(), z.looseObject({ content: z.string() })]).nullish(),
});

/** Ends of text of well-known families, for files whose config names none. */
const USUAL_ENDS = ['<|endoftext|>', '</s>', '<eos>', '<|end_of_text|>', '[SEP]'];

type PackagedName = 'gpt2' | 'qwen3';

/** A gzip file, its configuration beside it. */
export function packagedTokenizerFile(name: PackagedName): string {
  return fileURLToPath(new URL(`./data/${name}/tokenizer.json.gz`, import.meta.url));
}

export function loadPackagedTokenizer(name: PackagedName): Tokenizer {
  return readTokenizer(packagedTokenizerFile(name), name);
}

/**
 * A tokenizer that somebody brings. Patterns that take for ever on short texts are found at once; on others, when they meet such a text.
 * @throws LatentSweepError DATA_MISSING or DATA_INVALID naming the file
 */
export function loadTokenizerFile(path: string): Tokenizer {
  const inner = readTokenizer(path, path);
  const bounded = <T>(size: number, what: string, work: () => T): T => {
    const limitMs = CALL_MS + size * UNIT_MS;
    const done = boundedCall(limitMs, work);
    if (done !== null) return done.result;
    throw new LatentSweepError(
      'DATA_INVALID',
      `${path} takes more than ${Math.round(limitMs / 1_000)} s for ${what}; a pattern in it backtracks without end: ${patternsIn(path).join(' , ') || 'none is named'}`,
      { path },
    );
  };
  const tokenizer: Tokenizer = {
    ...inner,
    encode: (text) => bounded(text.length, `a text of ${text.length} characters`, () => inner.encode(text)),
    decode: (ids) => bounded(ids.length, `${ids.length} ids`, () => inner.decode(ids)),
  };
  for (const text of PROBES) tokenizer.encode(text);
  return tokenizer;
}

/** Time of a call, and more for each character or id: real tokenizers take 0.01 ms for one. */
const CALL_MS = 2_000;
const UNIT_MS = 1;
/** Runs that end in something else: what makes nested repetitions backtrack. */
const PROBES = ['a', 'A', '0', ' ', '\n', '.', 'ab', 'a ', '\u{e9}', '\u{4e2d}'].map(
  (unit) => `${unit.repeat(40)}!\u{1}`,
);

/** As they stand in the file, to find them by. */
function patternsIn(path: string): readonly string[] {
  const { text } = readDataFile(path, 'tokenizer file');
  return [...text.matchAll(/"Regex"\s*:\s*("(?:[^"\\]|\\.)*")/g)].map(([, pattern = '']) => pattern.slice(0, 200));
}

/** @throws LatentSweepError DATA_MISSING or DATA_INVALID naming the file */
function readTokenizer(path: string, name: string): Tokenizer {
  const configPath = join(dirname(path), 'tokenizer_config.json');
  const json = parseJsonFile(path, tokenizerSchema, 'tokenizer file');
  const config = existsSync(configPath) ? parseJsonFile(configPath, configSchema) : null;
  let inner: RealTokenizer;
  try {
    inner = construct(json.value, config?.value ?? {});
  } catch (cause) {
    throw new LatentSweepError('DATA_INVALID', `${path} is not a tokenizer that can be read`, { path }, cause);
  }
  const named = config?.value.eos_token;
  const ends = named ? [typeof named === 'string' ? named : named.content] : USUAL_ENDS;
  const eosTokenId = ends.map((end) => inner.token_to_id(end)).find((id) => id !== undefined);
  if (eosTokenId === undefined) {
    throw new LatentSweepError('DATA_INVALID', `${path} has no end of text: none of ${ends.join(', ')} is a token`, {
      path,
    });
  }
  return {
    name,
    vocabularySize: 1 + largestId(inner),
    eosTokenId,
    hash: json.sha256,
    encode: (text) => inner.encode(text, { add_special_tokens: false }).ids,
    decode: (ids) =>
      ids.length === 0
        ? ''
        : inner.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
  };
}

/** What is used of the library's class. */
interface RealTokenizer {
  encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: number[] };
  decode(
    ids: number[],
    options: { readonly skip_special_tokens: boolean; readonly clean_up_tokenization_spaces: boolean },
  ): string;
  token_to_id(token: string): number | undefined;
  get_vocab(withAddedTokens: boolean): ReadonlyMap<string, number>;
}

function construct(tokenizer: object, config: object): RealTokenizer {
  // the typings of @huggingface/tokenizers 0.2.0 import without file extensions, which nodenext does not resolve; goes when they do
  // eslint-disable-next-line @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-call
  return new HuggingFaceTokenizer(tokenizer, config);
}

function largestId(tokenizer: RealTokenizer): number {
  let largest = 0;
  for (const id of tokenizer.get_vocab(true).values()) largest = Math.max(largest, id);
  return largest;
}
