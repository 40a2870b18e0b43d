// The keys and values that a sweep file allows, read from the schema itself, so that messages and editors never disagree with it.

import { z } from 'zod';
import { fileSettingsSchema, isObject, sweepFileSchema } from '../settings/index.ts';

export type SchemaNode = z.core.JSONSchema.BaseSchema;

export interface SettingTree {
  /** Alternatives at a path; list items are reached by any number. Empty for a path that does not exist. */
  nodesAt(path: readonly PropertyKey[]): readonly SchemaNode[];
  /** Keys of all alternatives at a path; with a value only of those whose fixed words (`name: prosqa`) are the value's. */
  keysAt(path: readonly PropertyKey[], value?: unknown): readonly string[];
  /** In words: `a whole number >= 1, or null`. */
  allowedAt(path: readonly PropertyKey[]): string;
  /** Words that are values at a path, to find the nearest of. */
  wordsAt(path: readonly PropertyKey[]): readonly string[];
}

let trees: { readonly settings: SettingTree; readonly file: SettingTree } | undefined;

/** Made when first asked for: some milliseconds. */
export function settingTrees(): { readonly settings: SettingTree; readonly file: SettingTree } {
  trees ??= { settings: treeOf(fileSettingsSchema), file: treeOf(sweepFileSchema) };
  return trees;
}

/** Every setting by dotted path, parents before children: what axes and include may name. */
export function settingPaths(): readonly string[] {
  const { settings } = settingTrees();
  const below = (path: readonly string[]): string[] =>
    settings.keysAt(path).flatMap((key) => [[...path, key].join('.'), ...below([...path, key])]);
  return below([]);
}

function treeOf(schema: z.ZodType): SettingTree {
  const root = z.toJSONSchema(schema, { io: 'input' });
  const nodesAt = (path: readonly PropertyKey[]): readonly SchemaNode[] =>
    path.reduce<readonly SchemaNode[]>(
      (nodes, key) => nodes.flatMap((node) => childrenOf(node, key)),
      alternatives(root),
    );
  const keysAt = (path: readonly PropertyKey[], value?: unknown): readonly string[] => {
    const nodes = nodesAt(path);
    const fitting = nodes.filter((node) => fits(node, value));
    const keys = (fitting.length > 0 ? fitting : nodes).flatMap((node) => Object.keys(node.properties ?? {}));
    return [...new Set(keys)];
  };
  const wordsAt = (path: readonly PropertyKey[]): readonly string[] => nodesAt(path).flatMap(wordsOf);
  return { nodesAt, keysAt, wordsAt, allowedAt: (path) => inWords(nodesAt(path), keysAt(path)) };
}

export function isNode(schema: unknown): schema is SchemaNode {
  return typeof schema === 'object' && schema !== null;
}

/** Each with what is said of the whole, unless it says more of itself. */
export function alternatives(node: SchemaNode): readonly SchemaNode[] {
  const inner = [...(node.anyOf ?? []), ...(node.oneOf ?? [])].filter(isNode);
  if (inner.length === 0) return [node];
  const said = Object.fromEntries(ANNOTATIONS.filter((key) => key in node).map((key) => [key, node[key]]));
  return inner.flatMap((one) => alternatives({ ...said, ...one }));
}

/** What a node says to people. */
const ANNOTATIONS = ['description', 'unit', 'examples'] as const;

function childrenOf(node: SchemaNode, key: PropertyKey): readonly SchemaNode[] {
  const listed = typeof key === 'number' ? (node.prefixItems?.[key] ?? node.items) : undefined;
  const named = Object.hasOwn(node.properties ?? {}, key) ? node.properties?.[String(key)] : node.additionalProperties;
  const child = listed ?? (typeof key === 'number' ? undefined : named);
  return isNode(child) && !Array.isArray(child) ? alternatives(child) : [];
}

function fits({ properties }: SchemaNode, value: unknown): boolean {
  if (!isObject(value) || properties === undefined) return true;
  return Object.entries(properties).every(
    ([key, child]) =>
      !isNode(child) || child.const === undefined || value[key] === undefined || value[key] === child.const,
  );
}

function wordsOf(node: SchemaNode): readonly string[] {
  return [...(node.enum ?? []), node.const].filter((word) => typeof word === 'string');
}

/** Patterns of the schema as people write them. */
const PATTERNS: Readonly<Record<string, string>> = {
  '^(top|bottom|every):[1-9][0-9]*$': 'top:k, bottom:k, every:k',
  '^token:.+$': 'token:<text>',
};

/** What nodes allow, in words; `keys` are those of maps among them. */
export function inWords(nodes: readonly SchemaNode[], keys: readonly string[]): string {
  const words = nodes.flatMap(wordsOf);
  const others = nodes.filter((node) => wordsOf(node).length === 0 && node.type !== 'object').flatMap(kindsInWords);
  const parts = [
    ...(words.length > 0 ? [words.join(', ')] : []),
    ...others,
    ...(keys.length > 0 ? [`{${keys.join(', ')}}`] : []),
  ];
  return [...new Set(parts)].join(', or ');
}

function kindsInWords(node: SchemaNode): readonly string[] {
  // zod writes a nullable text as a list of types
  const types: readonly unknown[] = Array.isArray(node.type) ? node.type : [node.type];
  return types.map((type) => {
    switch (type) {
      case 'integer':
        return `a whole number${range(node)}`;
      case 'number':
        return `a number${range(node)}`;
      case 'string':
        return node.pattern === undefined
          ? `a text${node.maxLength === undefined ? '' : ` of at most ${node.maxLength} characters`}`
          : (PATTERNS[node.pattern] ?? `a text that matches ${node.pattern}`);
      case 'boolean':
        return 'true or false';
      case 'array':
        return `a list${lengthOf(node)}`;
      case 'null':
        return 'null';
      default:
        return 'any value';
    }
  });
}

function lengthOf({ prefixItems, minItems, maxItems }: SchemaNode): string {
  if (Array.isArray(prefixItems)) return ` of ${prefixItems.length}`;
  const bounds = [...(minItems ? [`at least ${minItems}`] : []), ...(maxItems ? [`at most ${maxItems}`] : [])];
  return bounds.length === 0 ? '' : ` of ${bounds.join(' and ')}`;
}

function range({ minimum, maximum, exclusiveMinimum }: SchemaNode): string {
  const from =
    minimum !== undefined ? ` >= ${minimum}` : exclusiveMinimum !== undefined ? ` > ${exclusiveMinimum}` : '';
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  return bounded ? `${from}${from === '' ? '' : ' and'} <= ${maximum}` : from;
}
