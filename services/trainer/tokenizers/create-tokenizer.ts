// From the tokenizer settings of a phase to the tokenizer itself.

import type { TokenizerSettings } from '../../study/settings/index.ts';
import type { AnyTask } from '../tasks/index.ts';
import { createBytesTokenizer } from './bytes.ts';
import { loadPackagedTokenizer, loadTokenizerFile } from './hugging-face.ts';
import type { Tokenizer } from './tokenizer.ts';
import { createWordsTokenizer } from './words.ts';

/**
 * @param task whose training text makes the vocabulary of `words`
 * @throws LatentSweepError DATA_MISSING or DATA_INVALID naming the tokenizer's file; CONFIG_INVALID for `words` of a user's own text
 */
export function createTokenizer(settings: TokenizerSettings, task: AnyTask): Tokenizer {
  if (typeof settings !== 'string') return loadTokenizerFile(settings.file);
  switch (settings) {
    case 'bytes':
      return createBytesTokenizer();
    case 'words':
      return createWordsTokenizer(task);
    case 'gpt2':
    case 'qwen3':
      return loadPackagedTokenizer(settings);
  }
}
