// The files of a tokenizer that an exported folder carries along, so that other tools read the same ids.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TokenizerSettings } from '../../../study/settings/index.ts';
import { packagedTokenizerFile } from '../../tokenizers/index.ts';

const SIBLINGS = ['tokenizer_config.json', 'special_tokens_map.json', 'added_tokens.json', 'vocab.json', 'merges.txt'];

/** Path by the name that other tools look for, gzip where the path says so; none for `bytes` and `words`, which are code. */
export function tokenizerFiles(settings: TokenizerSettings): ReadonlyMap<string, string> {
  if (settings === 'bytes' || settings === 'words') return new Map();
  const file = typeof settings === 'string' ? packagedTokenizerFile(settings) : settings.file;
  const beside = SIBLINGS.map((name) => [name, join(dirname(file), name)] as const);
  return new Map([['tokenizer.json', file], ...beside.filter(([, path]) => existsSync(path))]);
}
