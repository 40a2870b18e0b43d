// The tokenizer that goes along with exported weights.

export interface ExportTokenizer {
  readonly name: string;
  readonly eosTokenId: number;
  /** Path by the name it gets (`tokenizerFiles`). */
  readonly files: ReadonlyMap<string, string>;
}
