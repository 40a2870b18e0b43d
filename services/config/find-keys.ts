// Which keys a word of the command line means.

import { closest } from 'fastest-levenshtein';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { describeConfig, type KeyDescription } from './describe.ts';

/**
 * @param word a key, its environment variable, or a section, which stands for its keys
 * @throws LatentSweepError INPUT_INVALID with the nearest key
 */
export function findKeys(word: string): readonly KeyDescription[] {
  const sections = describeConfig();
  const keys = sections.flatMap((section) => section.keys);
  const one = keys.find(({ key, variable }) => key === word || variable === word);
  if (one !== undefined) return [one];
  const below = keys.filter(({ key }) => key.startsWith(`${word}.`));
  if (below.length > 0) return below;
  const names = word.startsWith('LSWEEP_') ? keys.map(({ variable }) => variable) : keys.map(({ key }) => key);
  throw new LatentSweepError(
    'INPUT_INVALID',
    `there is no key ${JSON.stringify(word)} in the configuration; nearest: ${closest(word, names)}; lsweep config lists all`,
    { key: word },
  );
}
