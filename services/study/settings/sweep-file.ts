// The sweep file that people write: the settings of a trial, fixed or as axes, and what to do with them. Its settings are checked
// point by point (check-sweep-file.ts), because axes may supply what the fixed part leaves out.

import { z } from 'zod';
import { isSweepName } from '../../../workflows/domain/ids.ts';
import { retriesSchema } from '../../../workflows/domain/retries.ts';
import { resourcesSchema, trialSettingsSchema } from './settings.ts';
import { SYSTEM_NAMES } from './system-names.ts';

const seed = z.number().int().min(0);
/** Values of an axis, points of include and exclude. */
const MOST_LISTED = 10_000;
const partialPoint = z.record(z.string(), z.unknown());

/** Everything of a sweep file but the trial settings. */
export const sweepFieldsSchema = z.strictObject({
  name: z
    .string()
    .refine(isSweepName, 'lower-case letters, digits and dashes, at most 63, starting with a letter or digit')
    .meta({
      description:
        'Name of the sweep: lower-case letters, digits and dashes, at most 63, starting with a letter or digit.',
      examples: ['my-first-sweep'],
    }),
  description: z
    .string()
    .max(10_000)
    .nullable()
    .default(null)
    .meta({
      description: 'What the sweep is for, in words; it heads the report.',
      examples: ['Do more latents help?'],
    }),
  systems: z
    .array(z.enum(SYSTEM_NAMES))
    .min(1)
    .optional()
    .meta({
      description: 'The systems to compare: short for an axis over `system`.',
      examples: [['soft_embeddings', 'h2']],
    }),
  axes: z
    .record(z.string(), z.array(z.unknown()).min(1).max(MOST_LISTED))
    .default({})
    .meta({
      description:
        'Values by dotted path of a setting; every combination is a point of the grid, the last axis running fastest.',
      examples: [{ latents: [4, 8], 'train.lr': [1e-4, 1e-3] }],
    }),
  include: z
    .array(partialPoint)
    .max(MOST_LISTED)
    .default([])
    .meta({
      description: 'More points. Axes that one does not name run through all their values; it may set any setting.',
      examples: [[{ latents: 16, 'train.batch': 32 }]],
    }),
  exclude: z
    .array(partialPoint)
    .max(MOST_LISTED)
    .default([])
    .meta({
      description: 'Points of the grid to leave out, by values of axes.',
      examples: [[{ system: 'h1', latents: 8 }]],
    }),
  seeds: z
    .union([z.number().int().min(1).max(10_000), z.array(seed).min(1)])
    .default(3)
    .meta({
      description: 'How many seeds (0, 1, ...), or which; each point is trained with each of them.',
      examples: [3, [0, 7]],
    }),
  search: z
    .strictObject({ kind: z.literal('grid').default('grid').meta({ description: 'Every point of the grid.' }) })
    .default({ kind: 'grid' })
    .meta({ description: 'How points are chosen.' }),
  resources: resourcesSchema.default(resourcesSchema.parse({})).meta({
    description: 'What a slot must offer. Results do not depend on it.',
  }),
  // no default: a file without it keeps its hash
  retries: retriesSchema.optional().meta({
    description: 'How often and after which wait a phase is tried again, by class of failure.',
    examples: [{ code_error: { attempts: 1 } }],
  }),
  priority: z.number().int().min(1).max(5).default(3).meta({
    description: '1 goes first, 5 last; nothing of a sweep overtakes a more important one.',
  }),
  weight: z.number().min(0.001).max(1_000).default(1).meta({
    description: 'Share of the fleet against other sweeps of the same priority.',
  }),
  width: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .meta({
      description: 'Most phases that run at once. null: as many as there are slots.',
      unit: 'phases',
      examples: [4],
    }),
});
export type SweepFields = z.infer<typeof sweepFieldsSchema>;

/** Trial settings that a sweep file fixes or varies: all but the seed, which `seeds` gives. */
export const fileSettingsSchema = trialSettingsSchema.omit({ seed: true });

/** Whole file as one schema, for the JSON Schema that editors read. */
export const sweepFileSchema = z.strictObject({ ...sweepFieldsSchema.shape, ...fileSettingsSchema.shape });

export const SETTING_KEYS: readonly string[] = Object.keys(fileSettingsSchema.shape);
export const FILE_KEYS: readonly string[] = Object.keys(sweepFileSchema.shape);
