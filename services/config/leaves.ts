// The configuration's leaves, read off the schema itself: dotted key, environment variable and how a text becomes a value. One truth for
// the environment, the list of allowed keys in errors, and the documentation.

import { z } from 'zod';
import { configSchema } from './schema.ts';

export type LeafKind = 'text' | 'number' | 'boolean' | 'list' | 'numbers';

export interface Leaf {
  readonly path: readonly string[];
  /** `worker.stallMs` */
  readonly key: string;
  /** `LSWEEP_WORKER_STALL_MS` */
  readonly variable: string;
  readonly kind: LeafKind;
  /** A file or folder of this machine. */
  readonly isPath: boolean;
}

/** In the schema's order. */
export const LEAVES: readonly Leaf[] = leavesOf(configSchema, [], false);

/** What may stand in the section `path`; null when there is no such section. */
export function keysOf(path: readonly string[]): readonly string[] | null {
  const keys = LEAVES.filter((leaf) => path.every((part, i) => leaf.path[i] === part))
    .map((leaf) => leaf.path[path.length])
    .filter((key) => key !== undefined);
  return keys.length === 0 ? null : [...new Set(keys)];
}

function leavesOf(schema: z.core.$ZodType, path: readonly string[], isPathOutside: boolean): readonly Leaf[] {
  const { def } = schema._zod;
  const isPath = isPathOutside || z.globalRegistry.get(schema)?.['isPath'] === true;
  if (isWrapper(def)) return leavesOf(def.innerType, path, isPath);
  if (isObject(def))
    return Object.entries(def.shape).flatMap(([key, inner]) => leavesOf(inner, [...path, key], isPath));
  return [
    {
      path,
      key: path.join('.'),
      variable: `LSWEEP_${path.map(snake).join('_')}`,
      kind: kindOf(def),
      isPath,
    },
  ];
}

function isWrapper(def: z.core.$ZodTypeDef): def is z.core.$ZodTypeDef & { readonly innerType: z.core.$ZodType } {
  return 'innerType' in def;
}

function isObject(
  def: z.core.$ZodTypeDef,
): def is z.core.$ZodTypeDef & { readonly shape: Readonly<Record<string, z.core.$ZodType>> } {
  return def.type === 'object';
}

function snake(camel: string): string {
  return camel.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function isArray(def: z.core.$ZodTypeDef): def is z.core.$ZodTypeDef & { readonly element: z.core.$ZodType } {
  return def.type === 'array';
}

function kindOf(def: z.core.$ZodTypeDef): LeafKind {
  if (isArray(def)) return kindOf(def.element._zod.def) === 'number' ? 'numbers' : 'list';
  if (def.type === 'number' || def.type === 'int') return 'number';
  return def.type === 'boolean' ? 'boolean' : 'text';
}
