// What is said of the keys of a sweep file, read off the schema: for docs/sweep-file.md and for whoever asks about one key.

import { z } from 'zod';
import { sweepFileSchema } from '../settings/index.ts';
import { alternatives, inWords, isNode, type SchemaNode } from './setting-tree.ts';

export interface SettingDescription {
  /** By dotted path, `[]` after a list: `train.objectives[].weight`. */
  readonly path: string;
  /** Markdown; the first sentence stands alone. */
  readonly description: string;
  readonly allowed: string;
  readonly unit: string | null;
  /** undefined = it must be given, or may be left out where `isOptional`. */
  readonly preset: unknown;
  readonly isOptional: boolean;
  readonly examples: readonly unknown[];
  /** Maps of keys that its value may be. */
  readonly maps: readonly SettingMap[];
}

/** A map of keys, such as `task` with `name: prosqa`. */
export interface SettingMap {
  /** `name: prosqa` where several maps may stand in one place; null where there is but one. */
  readonly variant: string | null;
  readonly keys: readonly SettingDescription[];
}

/** The whole file: every key of it, with those below. */
export function describeSweepFile(): SettingMap {
  return mapOf(z.toJSONSchema(sweepFileSchema, { io: 'input' }), '', true);
}

/** Every key with those below it, in the file's order. */
export function allSettings(map: SettingMap): readonly SettingDescription[] {
  return map.keys.flatMap((key) => [key, ...key.maps.flatMap(allSettings)]);
}

function mapOf(node: SchemaNode, prefix: string, isOnly: boolean): SettingMap {
  const required = new Set(node.required ?? []);
  return {
    variant: isOnly ? null : variantOf(node),
    keys: Object.entries(node.properties ?? {})
      .filter((entry): entry is [string, SchemaNode] => isNode(entry[1]))
      .map(([key, inner]) => describe(prefix === '' ? key : `${prefix}.${key}`, inner, !required.has(key))),
  };
}

function describe(path: string, node: SchemaNode, isOptional: boolean): SettingDescription {
  const values = alternatives(node);
  const items = values.flatMap((value) => (isNode(value.items) ? alternatives(value.items) : []));
  return {
    path,
    description: textOf(node, 'description'),
    allowed: allowedIn(values),
    unit: textOf(node, 'unit') || null,
    preset: node.default,
    isOptional,
    examples: Array.isArray(node['examples']) ? node['examples'] : [],
    maps: [...mapsIn(values, path), ...mapsIn(items, `${path}[]`)],
  };
}

function mapsIn(nodes: readonly SchemaNode[], path: string): readonly SettingMap[] {
  const maps = nodes.filter((node) => node.properties !== undefined);
  return maps.map((node) => mapOf(node, path, maps.length === 1));
}

/** The fixed word that tells a map from its neighbours, else its first key. */
function variantOf({ properties = {} }: SchemaNode): string {
  for (const [key, value] of Object.entries(properties))
    if (isNode(value) && value.const !== undefined) return `${key}: ${value.const}`;
  return `${Object.keys(properties)[0]}: ...`;
}

function allowedIn(values: readonly SchemaNode[]): string {
  const plain = values.filter((value) => value.properties === undefined);
  const words = inWords(plain.map(withoutFreeForm), []);
  if (plain.length === values.length) return words;
  const map = values.some(({ properties }) => properties !== undefined) ? 'a map, see below' : '';
  return [map, words].filter((part) => part !== '').join(', or ');
}

/** A map whose keys are the writer's own. */
function withoutFreeForm(node: SchemaNode): SchemaNode {
  return node.type === 'object' ? { const: 'a map by dotted path of a setting' } : node;
}

function textOf(node: SchemaNode, field: string): string {
  const value = node[field];
  return typeof value === 'string' ? value : '';
}
