// The border of the tokenizers.
export { createTokenizer } from './create-tokenizer.ts';
export type { Tokenizer } from './tokenizer.ts';
