// The border of the tokenizers.
export { createTokenizer } from './create-tokenizer.ts';
export { packagedTokenizerFile } from './hugging-face.ts';
export type { Tokenizer } from './tokenizer.ts';
