// A question about a sweep that is asked again and again: SQL in a file of infra/queries whose opening comment says what it answers, in which
// units, what to beware of, and which parameters it takes. This file reads that comment; it never runs anything.

import { z } from 'zod';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

/** SQL types by the words of the files. */
export const PARAMETER_TYPES = {
  text: 'text',
  integer: 'integer',
  number: 'double precision',
  boolean: 'boolean',
} as const;

export type ParameterType = keyof typeof PARAMETER_TYPES;
export type ParameterValue = string | number | boolean | null;

/** `:name` in the SQL. */
export interface QueryParameter {
  readonly name: string;
  readonly type: ParameterType;
  /** undefined = it must be given. */
  readonly defaultValue: ParameterValue | undefined;
  readonly description: string;
}

/** One file of infra/queries. */
export interface NamedQuery {
  /** Name of the file without `.sql`. */
  readonly name: string;
  readonly question: string;
  readonly units: string;
  readonly caveat: string;
  readonly parameters: readonly QueryParameter[];
  /** The statement without the opening comment. */
  readonly sql: string;
}

const PARAMETER = /^param ([a-z][a-z_]*) (text|integer|number|boolean)(?: = (.*?))?: (.+)$/;
const WHOLE_NUMBER = /^[+-]?\d{1,9}$/;

/** @param text of the whole file. @throws LatentSweepError INTERNAL where the opening comment is not as it should be */
export function parseNamedQuery(name: string, text: string): NamedQuery {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('-- '));
  const head = lines.slice(0, end).map((line) => line.slice('-- '.length));
  const one = (key: string): string => {
    const found = head.filter((line) => line.startsWith(`${key}: `));
    const line = found[0];
    if (found.length !== 1 || line === undefined)
      throw new LatentSweepError('INTERNAL', `infra/queries/${name}.sql must open with one "-- ${key}: ..."`);
    return line.slice(key.length + 2);
  };
  const parameters = head.filter((line) => line.startsWith('param ')).map((line) => parameterOf(name, line));
  return {
    name,
    question: one('question'),
    units: one('units'),
    caveat: one('caveat'),
    parameters,
    sql: lines.slice(end).join('\n').trim(),
  };
}

function parameterOf(query: string, line: string): QueryParameter {
  const match = PARAMETER.exec(line);
  if (match === null)
    throw new LatentSweepError('INTERNAL', `infra/queries/${query}.sql: "-- ${line}" is no parameter`);
  const [, name = '', word, preset, description = ''] = match;
  const type = z.enum(['text', 'integer', 'number', 'boolean']).parse(word);
  const bare = { name, type, defaultValue: undefined, description };
  if (preset === undefined) return bare;
  return { ...bare, defaultValue: preset === 'null' ? null : valueOf(bare, preset) };
}

/** @throws LatentSweepError INPUT_INVALID with the parameter, the text and what is allowed */
export function valueOf({ name, type }: Pick<QueryParameter, 'name' | 'type'>, text: string): ParameterValue {
  const refuse = (allowed: string): never => {
    throw new LatentSweepError('INPUT_INVALID', `${name} ${JSON.stringify(text)}: ${allowed}`, { key: name });
  };
  switch (type) {
    case 'text':
      return text;
    case 'integer':
      return WHOLE_NUMBER.test(text) ? Number(text) : refuse('a whole number');
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : refuse('a number');
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : refuse('true or false');
  }
}
