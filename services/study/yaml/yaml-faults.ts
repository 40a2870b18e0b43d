// What is wrong with a YAML document besides its grammar: aliases without an anchor, inside of what they stand for, or together standing for
// more than anybody means. Values are made only of a document without such faults, so making them is bounded.

import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  Scalar,
} from 'yaml';

export interface DocumentFault {
  readonly offset: number;
  readonly sentence: string;
}

/** Lists, maps and single values, with what aliases stand for. A file without aliases that is read at all has fewer. */
const MOST_VALUES = 1_000_000;

/** Grammar first: a broken document is not looked at further. Takes a time in proportion to what is written. */
export function yamlFaults(document: Document.Parsed): readonly DocumentFault[] {
  const grammar = [...document.errors, ...document.warnings];
  if (grammar.length > 0) return grammar.map(({ pos, message }) => ({ offset: pos[0], sentence: message }));
  const count = valueCounter();
  count.add(document.contents);
  return count.faults;
}

/** What an anchor marks; values are null while it is being read. */
interface Anchored {
  readonly node: Node;
  readonly values: number | null;
}

function valueCounter() {
  const faults: DocumentFault[] = [];
  const anchors = new Map<string, Anchored>();
  let total = 0;

  /** @returns values of the node, with what its aliases stand for */
  const add = (node: unknown): number => {
    if (!isNode(node)) return 0;
    if (isAlias(node)) return counted(node, valuesOf(node));
    if (node.anchor !== undefined) anchors.set(node.anchor, { node, values: null });
    const inside = isCollection(node) ? node.items.reduce<number>((sum, item) => sum + addItem(item), 0) : 0;
    const values = inside + counted(node, 1);
    if (node.anchor !== undefined) anchors.set(node.anchor, { node, values });
    return values;
  };

  const addItem = (item: unknown): number => {
    if (!isPair(item)) return add(item);
    const values = add(item.key) + add(item.value);
    if (isMergeKey(item.key)) checkMerge(item.key, item.value);
    const key = marked(item.key);
    if (isCollection(key))
      faults.push({ offset: key.range?.[0] ?? 0, sentence: 'a key is a list or map; allowed: a text' });
    return values;
  };

  const valuesOf = ({ source, range }: Alias): number => {
    const marked = anchors.get(source);
    const offset = range?.[0] ?? 0;
    if (marked === undefined) faults.push({ offset, sentence: `*${source} has no anchor &${source} before it` });
    else if (marked.values === null)
      faults.push({ offset, sentence: `*${source} stands inside of what &${source} marks` });
    return marked?.values ?? 0;
  };

  const marked = (node: unknown): unknown => (isAlias(node) ? anchors.get(node.source)?.node : node);
  const checkMerge = (key: Node, value: unknown): void => {
    const source = marked(value);
    const maps = isSeq(source) ? source.items.map(marked) : [source];
    if (!maps.every(isMap))
      faults.push({ offset: key.range?.[0] ?? 0, sentence: '<< merges maps; allowed: a map, *name of one, or a list' });
  };

  const counted = (node: Node, values: number): number => {
    if (total <= MOST_VALUES && total + values > MOST_VALUES) {
      const sentence = `aliases (*) up to here stand for more than ${MOST_VALUES} values; allowed: at most so many in a file`;
      faults.push({ offset: node.range?.[0] ?? 0, sentence });
    }
    total += values;
    return values;
  };
  return { faults, add };
}

/** Written plain; in quotes it is a key like any other. */
function isMergeKey(key: unknown): key is Scalar {
  if (!isScalar(key) || (key.type ?? Scalar.PLAIN) !== Scalar.PLAIN) return false;
  return key.value === '<<' || (typeof key.value === 'symbol' && key.value.description === '<<');
}
