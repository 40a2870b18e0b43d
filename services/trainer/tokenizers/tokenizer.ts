// What a tokenizer is to the rest of the trainer. Encoding is a pure function of the text; decoding leaves special tokens out.

export interface Tokenizer {
  /** `bytes`, `words`, `gpt2`, `qwen3` or the file's path. */
  readonly name: string;
  /** One more than the largest id. */
  readonly vocabularySize: number;
  /** Ends every target; generation stops after it. */
  readonly eosTokenId: number;
  /** SHA-256 (hex) of everything the ids depend on; checkpoints carry it. */
  readonly hash: string;
  /** Ids of the text alone: no special token is added. */
  encode(text: string): number[];
  /** Never throws on ids below vocabularySize. */
  decode(ids: readonly number[]): string;
}
