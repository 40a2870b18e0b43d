// One token per UTF-8 byte, then the end of text and a padding id. Needs no file and covers every text.

import { createHash } from 'node:crypto';
import type { Tokenizer } from './tokenizer.ts';

const BYTES = 256;
const EOS = BYTES;
/** Never produced by `encode`; reserved so that padded data of other tools stays readable. */
const PAD = BYTES + 1;

export function createBytesTokenizer(): Tokenizer {
  return {
    name: 'bytes',
    vocabularySize: PAD + 1,
    eosTokenId: EOS,
    hash: createHash('sha256').update(`bytes ${EOS} ${PAD}`).digest('hex'),
    encode: (text) => [...Buffer.from(text, 'utf8')],
    decode: (ids) => Buffer.from(ids.filter((id) => id < BYTES)).toString('utf8'),
  };
}
