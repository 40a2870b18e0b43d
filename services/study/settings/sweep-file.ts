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
    .refine(isSweepName, 'lower-case letters, digits and dashes, at most 63, starting with a letter or digit'),
  description: z.string().max(10_000).nullable().default(null),
  /** Short for an axis over `system`. */
  systems: z.array(z.enum(SYSTEM_NAMES)).min(1).optional(),
  /** Values by dotted path of a setting (`train.lr`); every combination is a point, the last axis running fastest. */
  axes: z.record(z.string(), z.array(z.unknown()).min(1).max(MOST_LISTED)).default({}),
  /** More points; axes that one does not name run through all their values. May set any setting. */
  include: z.array(partialPoint).max(MOST_LISTED).default([]),
  /** Points of the grid to leave out, by values of axes. */
  exclude: z.array(partialPoint).max(MOST_LISTED).default([]),
  /** How many seeds (0, 1, ...), or which. Three by default (docs/design/study.md section 11). */
  seeds: z.union([z.number().int().min(1).max(10_000), z.array(seed).min(1)]).default(3),
  search: z.strictObject({ kind: z.literal('grid').default('grid') }).default({ kind: 'grid' }),
  resources: resourcesSchema.default(resourcesSchema.parse({})),
  /** Budgets and waits per failure class, and what follows a NaN. No default: a file without it keeps its hash. */
  retries: retriesSchema.optional(),
  /** 1 goes first, 5 last; nothing of a sweep overtakes a more important one. */
  priority: z.number().int().min(1).max(5).default(3),
  /** Share of the fleet against other sweeps of the same priority. */
  weight: z.number().min(0.001).max(1_000).default(1),
  /** Most phases that run at once; null = as many as there are slots. */
  width: z.number().int().min(1).nullable().default(null),
});
export type SweepFields = z.infer<typeof sweepFieldsSchema>;

/** Trial settings that a sweep file fixes or varies: all but the seed, which `seeds` gives. */
export const fileSettingsSchema = trialSettingsSchema.omit({ seed: true });

/** Whole file as one schema, for the JSON Schema that editors read. */
export const sweepFileSchema = z.strictObject({ ...sweepFieldsSchema.shape, ...fileSettingsSchema.shape });

export const SETTING_KEYS: readonly string[] = Object.keys(fileSettingsSchema.shape);
export const FILE_KEYS: readonly string[] = Object.keys(sweepFileSchema.shape);
