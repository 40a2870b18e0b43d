// What `lsweep sql --list` shows: every named query with its question, and one query with its parameters, units and caveat.

import { flagOf, type NamedQuery } from '../../named-queries/index.ts';
import { wrapText } from '../render/wrap-text.ts';

const INDENT = '    ';

/** For a terminal of `width` columns. */
export function queryListText(queries: readonly NamedQuery[], width: number): string {
  const entries = queries.map(({ name, question, parameters }) => {
    const flags = parameters.map(({ name: parameter, defaultValue }) =>
      defaultValue === undefined ? `${flagOf(parameter)} …` : `[${flagOf(parameter)} …]`,
    );
    return [...wrapText([name, ...flags].join(' '), width, '  '), ...wrapText(question, width, INDENT, INDENT)].join(
      '\n',
    );
  });
  return `${entries.join('\n')}

Run one:            lsweep sql best-cells --sweep NAME
What it answers:    lsweep sql best-cells --list
Its SQL:            lsweep sql best-cells --sweep NAME --sql`;
}

/** Of one query. */
export function queryText({ name, question, units, caveat, parameters }: NamedQuery, width: number): string {
  const lines = parameters.map(({ name: parameter, type, defaultValue, description }) => {
    const preset = defaultValue === undefined ? 'Must be given.' : `Default: ${defaultValue ?? 'none'}.`;
    return wrapText(`${flagOf(parameter)} <${type}>: ${description} ${preset}`, width, '  ', INDENT).join('\n');
  });
  const paragraph = (heading: string, body: string): string => wrapText(`${heading}: ${body}`, width, '').join('\n');
  return [
    `${name}\n${wrapText(question, width, '').join('\n')}`,
    lines.join('\n'),
    paragraph('Units', units),
    paragraph('Mind', caveat),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
