// The sweep file as Postgres keeps it: lists instead of ordered maps (JSON columns forget the order of keys), seeds written out,
// and what planning must know of the files it names. `planSweepFile` needs nothing else, so planning is pure.

import { z } from 'zod';
import { retriesSchema } from '../../../workflows/domain/retries.ts';
import { resourcesSchema } from '../settings/index.ts';
import { modelShapeSchema } from '../systems/index.ts';

/** Facts of a file or folder that the settings name, found where the sweep file was read. */
const fileFactsSchema = z.strictObject({
  sha256: z.string(),
  /** Problems in a training file; null for other files. */
  examples: z.number().int().min(1).nullable(),
  /** Shape of the model in a folder of weights; null for other files. */
  shape: modelShapeSchema.nullable(),
});

const pathsSchema = z.record(z.string(), z.unknown());

export const sweepSpecSchema = z.strictObject({
  format: z.literal(1),
  name: z.string(),
  description: z.string().nullable(),
  /** Trial settings as written, without those that axes give. */
  fixed: pathsSchema,
  /** Cartesian, the last one fastest. */
  axes: z.array(z.strictObject({ path: z.string(), values: z.array(z.unknown()).min(1) })),
  /** Partial points; axes that one does not name run through all their values. */
  include: z.array(pathsSchema),
  /** Cells of the grid to leave out: all whose values equal the listed ones. */
  exclude: z.array(pathsSchema),
  seeds: z.array(z.number().int().min(0)).min(1),
  search: z.strictObject({ kind: z.literal('grid') }),
  files: z.record(z.string(), fileFactsSchema),
  resources: resourcesSchema,
  retries: retriesSchema.optional(),
  priority: z.number().int(),
  weight: z.number(),
  width: z.number().int().nullable(),
});

export type SweepSpec = z.infer<typeof sweepSpecSchema>;
export type FileFacts = z.infer<typeof fileFactsSchema>;
