// YAML that people bring, as data, and the line of every place in it. JSON is YAML too, so both kinds of file work. Whatever the bytes are, the
// answer is data of bounded size and depth, or faults with their lines: nothing here may throw or run away.

import {
  Composer,
  type CST,
  type Document,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  Parser,
} from 'yaml';
import { lossyIntegers } from './lossy-integers.ts';
import { type DocumentFault, yamlFaults } from './yaml-faults.ts';

/** Keys and indices from the top of the file. */
export type FilePath = readonly (string | number)[];

export interface YamlSource {
  readonly data: unknown;
  /** Line of the value at the path (of its key with `onKey`), from 1; of the nearest ancestor where the path does not exist. */
  lineOf(path: FilePath, onKey: boolean): number;
}

export interface YamlFault {
  readonly line: number;
  readonly sentence: string;
}

export type ReadYaml =
  | { readonly kind: 'ok'; readonly source: YamlSource }
  | { readonly kind: 'refused'; readonly faults: readonly YamlFault[] };

/** Some 50,000 points written out one by one; parsing takes about a second for each of these megabytes. */
export const MOST_YAML_BYTES = 4 << 20;
const MOST_LEVELS = 64;

/** @param bytes of the file: UTF-8, with or without a byte order mark */
export function readYaml(bytes: Uint8Array): ReadYaml {
  const refused = (line: number, sentence: string): ReadYaml => ({ kind: 'refused', faults: [{ line, sentence }] });
  if (bytes.length > MOST_YAML_BYTES)
    return refused(
      1,
      `the file has more than ${MOST_YAML_BYTES} bytes, the most that is allowed (axes say more in less)`,
    );
  const text = textOf(bytes);
  if (text === null) return refused(1, 'the file is not UTF-8 text (UTF-16, or no text at all); allowed: UTF-8');
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const tooDeep = offsetBelow(tokens, MOST_LEVELS);
  if (tooDeep !== null)
    return refused(lines.linePos(tooDeep).line, `lists and maps are nested more than ${MOST_LEVELS} levels deep`);
  const [document, second] = new Composer({ merge: true, prettyErrors: false }).compose(tokens, true, text.length);
  if (document === undefined) return refused(1, 'the file is empty');
  const faults =
    second === undefined
      ? faultsOf(document)
      : [{ offset: second.range[0], sentence: 'a second document begins; allowed: one document in a file' }];
  if (faults.length > 0) {
    return {
      kind: 'refused',
      faults: faults.map(({ offset, sentence }) => ({ line: lines.linePos(offset).line, sentence })),
    };
  }
  return {
    kind: 'ok',
    source: {
      // how much aliases may expand to was counted before
      data: document.toJS({ maxAliasCount: -1 }),
      lineOf: (path, onKey) => lines.linePos(offsetOf(document, path, onKey)).line,
    },
  };
}

/** The values are looked at once the whole is known to be bounded. */
function faultsOf(document: Document.Parsed): readonly DocumentFault[] {
  const faults = yamlFaults(document);
  return faults.length > 0 ? faults : lossyIntegers(document);
}

function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null; // what is wrong is the caller's to say
  }
}

/** Where the nesting first goes beyond the limit; what composes values calls itself at every level. */
function offsetBelow(tokens: readonly CST.Token[], limit: number): number | null {
  const open: { readonly token: CST.Token; readonly level: number }[] = tokens.map((token) => ({ token, level: 0 }));
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const { token, level } = one;
    if (level > limit) return token.offset;
    for (const inner of insideOf(token)) open.push({ token: inner, level: level + (isList(token) ? 1 : 0) });
  }
  return null;
}

const isList = (token: CST.Token): boolean => 'items' in token;

function insideOf(token: CST.Token): readonly CST.Token[] {
  const inner =
    'items' in token
      ? token.items.flatMap((item) => [item.key, item.value])
      : token.type === 'document'
        ? [token.value]
        : [];
  return inner.filter((one) => one !== undefined && one !== null);
}

function offsetOf(document: Document.Parsed, path: FilePath, onKey: boolean): number {
  for (let length = path.length; length > 0; length--) {
    const offset = exactOffset(document, path.slice(0, length), onKey || length < path.length);
    if (offset !== null) return offset;
  }
  return document.contents?.range?.[0] ?? 0;
}

/** @returns null where the file has no such place */
function exactOffset(document: Document.Parsed, path: FilePath, onKey: boolean): number | null {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (!isCollection(parent) || last === undefined) return null;
  if (isMap(parent)) {
    const pair = parent.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(last),
    );
    const place = onKey || !isNode(pair?.value) ? pair?.key : pair?.value;
    return isNode(place) ? (place.range?.[0] ?? null) : null;
  }
  const item: unknown = parent.get(last, true);
  return isNode(item) ? (item.range?.[0] ?? null) : null;
}
