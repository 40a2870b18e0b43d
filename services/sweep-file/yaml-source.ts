// YAML text as data, and the line of every place in it. JSON is YAML too, so both kinds of file work.

import { type Document, isCollection, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import type { FilePath } from '../../workflows/domain/spec-problem.ts';

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

export function readYaml(text: string): ReadYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  if (document.errors.length > 0) {
    const faults = document.errors.map(({ pos, message }) => ({ line: lines.linePos(pos[0]).line, sentence: message }));
    return { kind: 'refused', faults };
  }
  return {
    kind: 'ok',
    source: {
      data: document.toJS(),
      lineOf: (path, onKey) => lines.linePos(offsetOf(document, path, onKey)).line,
    },
  };
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
