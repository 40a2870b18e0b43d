// LSWEEP_* variables as configuration. An unknown one is refused like an unknown key of the file: a misspelt variable that silently does
// nothing costs more time than a refusal.

import { distance } from 'fastest-levenshtein';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { LEAVES, type Leaf } from './leaves.ts';

/** Read elsewhere: which file and folder to read, where downloads are kept, whether stacks are shown, and what only tests use. */
const OTHER_VARIABLES = ['LSWEEP_CONFIG', 'LSWEEP_DIR', 'LSWEEP_CACHE_DIR', 'LSWEEP_DEBUG'];
const TEST_PREFIX = 'LSWEEP_TEST_';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentValue {
  readonly leaf: Leaf;
  readonly value: unknown;
}

/** An empty variable counts as not set; `null` stands for the local stack's own. @throws LatentSweepError CONFIG_INVALID */
export function valuesOfEnvironment(environment: Environment): readonly EnvironmentValue[] {
  const known = new Map(LEAVES.map((leaf) => [leaf.variable, leaf]));
  const values: EnvironmentValue[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('LSWEEP_') || name.startsWith(TEST_PREFIX) || OTHER_VARIABLES.includes(name)) continue;
    const leaf = known.get(name);
    if (leaf === undefined) throw unknownVariable(name, [...known.keys(), ...OTHER_VARIABLES]);
    if (text !== undefined && text !== '') values.push({ leaf, value: parse(text, leaf.kind) });
  }
  return values;
}

function parse(text: string, kind: Leaf['kind']): unknown {
  if (text === 'null') return null;
  if (kind === 'list' || kind === 'numbers') {
    return text.split(',').map((part) => parse(part.trim(), kind === 'list' ? 'text' : 'number'));
  }
  if (kind === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  // what is no number, or none that is held, stays a text, so that the schema's refusal shows it as it was written
  if (kind === 'number' && /^-?\d+(\.\d+)?$/.test(text)) {
    const value = Number(text);
    if (text.includes('.') || Number.isSafeInteger(value)) return value;
  }
  return text;
}

function unknownVariable(name: string, known: readonly string[]): LatentSweepError {
  const nearest = known.reduce((best, other) => (distance(name, other) < distance(name, best) ? other : best));
  return new LatentSweepError(
    'CONFIG_INVALID',
    `environment variable ${name} is unknown; nearest: ${nearest} (lsweep config lists all)`,
    { key: name, nearest },
  );
}
