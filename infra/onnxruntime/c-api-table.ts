// The TypeScript that services/tensor/runtime calls ONNX Runtime with, from the header: where in the table each function is that it uses,
// and what it takes. Nobody counts lines of the header or copies a signature.

import { koffiParameter } from './koffi-parameters.ts';
import { type ApiFunction, apiVersion, functionsOfApi } from './parse-header.ts';

/**
 * @param used names; any order
 * @returns the text of services/tensor/runtime/c-api-table.ts
 * @throws RangeError for a name that the header does not have
 */
export function writeTable(header: string, used: readonly string[]): string {
  const known = new Map(functionsOfApi(header).map((entry) => [entry.name, entry]));
  const functions = used.map((name) => {
    const found = known.get(name);
    if (found === undefined) throw new RangeError(`the header has no ${name}`);
    return found;
  });
  functions.sort((one, other) => one.index - other.index);
  const of = (kind: ApiFunction['returns']): readonly ApiFunction[] =>
    functions.filter(({ returns }) => returns === kind);
  return `// Generated from infra/onnxruntime/ort-api.h by \`npm run c-api\`, never edited.

/** Of the header; a library whose tables are older gives none. */
export const ORT_API_VERSION = ${apiVersion(header)};

/** Functions of the table that have to be read to reach all of these. */
export const TABLE_SIZE = ${Math.max(...functions.map(({ index }) => index)) + 1};

/** Position in the table, and parameters; the result is a status, null for success. */
export const FUNCTIONS = {
${of('status')
  .map(({ name, index, parameters }) => entry(name, index, parameters.map(koffiParameter).join(', ')))
  .join('\n')}
} as const;

/** Position in the table; the one parameter is the object to release, and there is no result. */
export const RELEASES = {
${of('nothing').map(plainEntry).join('\n')}
} as const;

/** Position in the table, of functions with a result of their own. */
export const GETTERS = {
${of('other').map(plainEntry).join('\n')}
} as const;
`;
}

const LONGEST_LINE = 120;

/** As the formatter breaks it. */
function entry(name: string, index: number, parameters: string): string {
  const line = `  ${name}: [${index}, '${parameters}'],`;
  return line.length <= LONGEST_LINE ? line : `  ${name}: [\n    ${index},\n    '${parameters}',\n  ],`;
}

const plainEntry = ({ name, index }: ApiFunction): string => `  ${name}: ${index},`;
