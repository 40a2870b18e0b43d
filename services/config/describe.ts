// What is said of the keys of the configuration, read off the schema: by `lsweep config KEY` and by docs/configuration.md.

import { z } from 'zod';
import { LEAVES, type Leaf } from './leaves.ts';
import { configSchema } from './schema.ts';

export interface KeyDescription {
  /** `worker.stallMs` */
  readonly key: string;
  /** `LSWEEP_WORKER_STALL_MS` */
  readonly variable: string;
  /** Markdown; the first sentence stands alone. */
  readonly description: string;
  /** `whole number, 1 to 16`, or the values themselves */
  readonly allowed: string;
  readonly unit: string | null;
  /** Also a null that is none: the description says what happens then. */
  readonly preset: unknown;
  readonly examples: readonly unknown[];
}

/** A map of keys, such as `worker`. */
export interface SectionDescription {
  /** Empty for the keys that stand in none. */
  readonly name: string;
  readonly description: string;
  readonly keys: readonly KeyDescription[];
}

type Node = z.core.JSONSchema.JSONSchema;

/** Every key once, in the schema's order; those without a section come first. */
export function describeConfig(): readonly SectionDescription[] {
  const root = z.toJSONSchema(configSchema, { io: 'input' });
  const sections = new Map<string, Leaf[]>([['', []]]);
  for (const leaf of LEAVES) {
    const name = leaf.path.slice(0, -1).join('.');
    sections.set(name, [...(sections.get(name) ?? []), leaf]);
  }
  return [...sections].map(([name, leaves]) => ({
    name,
    description: textOf(nodeAt(root, name === '' ? [] : name.split('.')), 'description') ?? '',
    keys: leaves.map((leaf) => describe(leaf, nodeAt(root, leaf.path))),
  }));
}

function describe({ key, variable }: Leaf, node: Node): KeyDescription {
  return {
    key,
    variable,
    description: textOf(node, 'description') ?? '',
    allowed: allowedIn(node),
    unit: textOf(node, 'unit'),
    preset: node.default ?? null,
    examples: Array.isArray(node['examples']) ? node['examples'] : [],
  };
}

function nodeAt(root: Node, path: readonly string[]): Node {
  return path.reduce<Node>((node, key) => asNode(valueOf(node).properties?.[key]), root);
}

/** What `null` leaves over. */
function valueOf(node: Node): Node {
  const choices = (node.anyOf ?? []).map(asNode).filter(({ type }) => type !== 'null');
  return choices.length === 1 ? asNode(choices[0]) : node;
}

function asNode(value: Node | boolean | undefined): Node {
  return typeof value === 'object' ? value : {};
}

function allowedIn(node: Node): string {
  const value = valueOf(node);
  return value === node ? allowedOf(node) : `${allowedOf(value)}, or null`;
}

function allowedOf(node: Node): string {
  const stated = textOf(node, 'allowed');
  if (stated !== null) return stated;
  if (node.enum !== undefined) return node.enum.map(String).join(', ');
  switch (node.type) {
    case 'integer':
      return `whole number${rangeOf(node)}`;
    case 'boolean':
      return 'true, false';
    case 'array':
      return `list, each ${allowedOf(Array.isArray(node.items) ? {} : asNode(node.items))}`;
    default:
      return 'a text';
  }
}

/** zod writes the bounds of what a double can hold where no other is stated. */
function rangeOf({ minimum, maximum }: Node): string {
  if (minimum === undefined) return '';
  return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER
    ? `, ${grouped(minimum)} or more`
    : `, ${grouped(minimum)} to ${grouped(maximum)}`;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

function textOf(node: Node, field: string): string | null {
  const value = node[field];
  return typeof value === 'string' ? value : null;
}
