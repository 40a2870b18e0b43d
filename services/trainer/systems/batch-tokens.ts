// Token ids are checked before they become indices of a table.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';

/** @throws LatentSweepError TOKEN_OUT_OF_RANGE naming the first id that the vocabulary has not */
export function checkTokens(tokens: readonly number[], vocabSize: number): void {
  const wrong = tokens.find((token) => !(Number.isInteger(token) && token >= 0 && token < vocabSize));
  if (wrong === undefined) return;
  throw new LatentSweepError('TOKEN_OUT_OF_RANGE', `token ${wrong} is outside of a vocabulary of ${vocabSize}`, {
    token: wrong,
    vocabSize,
  });
}
