// The words of `lsweep sql`: the query, and `--name value` or `--name=value` for its parameters, which are flags that commander does not know, since
// each query has its own. In any order.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';

export interface QueryWords {
  /** undefined = none was given. */
  readonly query: string | undefined;
  /** Texts by the parameter's name as SQL has it: `--only-wrong` gives only_wrong. */
  readonly given: ReadonlyMap<string, string>;
}

/** @throws LatentSweepError INPUT_INVALID for a flag without a value or given twice, and for a second query */
export function queryWords(words: readonly string[]): QueryWords {
  const given = new Map<string, string>();
  let query: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const match = /^--([A-Za-z][A-Za-z0-9_-]*)(?:=([\s\S]*))?$/.exec(word);
    if (match === null) {
      if (query !== undefined)
        throw wrong(
          `${JSON.stringify(word)} is one word too many; a statement stands in quotes, a parameter is --NAME VALUE`,
        );
      query = word;
      continue;
    }
    const [, flag = '', inline] = match;
    const value = inline ?? words[++i];
    if (value === undefined) throw wrong(`--${flag} has no value`);
    const name = flag.replaceAll('-', '_');
    if (given.has(name)) throw wrong(`--${flag} is given twice`);
    given.set(name, value);
  }
  return { query, given };
}

function wrong(sentence: string): LatentSweepError {
  return new LatentSweepError('INPUT_INVALID', sentence, { key: 'query' });
}
