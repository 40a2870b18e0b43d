// The grid of a sweep as the orchestrator plans it: cell i with its settings, phases and keys, a pure function of (spec, i).

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import {
  isObject,
  type JsonObject,
  type PlannedTrial,
  type TrialSettings,
  trialSettingsSchema,
  withValueAt,
} from '../settings/index.ts';
import { capacityFloatsPerLatent, channelName, publicShape, shapeOf } from '../systems/index.ts';
import { type GridPoint, gridOf } from './grid.ts';
import { pipelineOf } from './pipeline.ts';
import { type SweepSpec, sweepSpecSchema } from './sweep-spec.ts';

/** One cell; the store's CellPlan has the same shape. */
export interface PlannedCell {
  readonly trial: PlannedTrial;
  readonly settings: TrialSettings;
  readonly point: Readonly<Record<string, unknown>>;
  readonly system: string;
  readonly task: string;
  readonly latents: number;
  readonly channel: string | null;
  readonly capacityFloatsPerLatent: number | null;
  readonly seed: number;
  readonly totalStepsByPhase: readonly number[];
}

export interface PlannedSweep {
  /** Cells of the grid; several may be the same trial (plain systems do not depend on the latent budget). */
  readonly size: number;
  cell(index: number): PlannedCell;
}

/**
 * @param spec a SweepSpec as it is in Postgres
 * @throws LatentSweepError SPEC_INVALID; a spec that `lsweep plan` has passed does not
 */
export function planSweepFile(spec: unknown): PlannedSweep {
  const known = readSweepSpec(spec);
  const grid = gridOf(known);
  return { size: grid.size, cell: (index) => plannedCell(known, grid.cell(index), index) };
}

/** @throws LatentSweepError SPEC_INVALID */
export function readSweepSpec(spec: unknown): SweepSpec {
  const parsed = sweepSpecSchema.safeParse(spec);
  if (parsed.success) return parsed.data;
  throw new LatentSweepError('SPEC_INVALID', `the stored sweep cannot be read: ${parsed.error.message}`);
}

/**
 * Trials of a sweep: its cells, once those that mean the same work are taken together. Whether a trial depends on its seed is seen at two
 * seeds, so that a thousand cost no more. O(points).
 */
export function countTrials(spec: SweepSpec): number {
  const [first = 0, second] = spec.seeds;
  const keysAt = (seed: number): ReadonlySet<string> => {
    const plan = planSweepFile({ ...spec, seeds: [seed] });
    return new Set(Array.from({ length: plan.size }, (_, index) => plan.cell(index).trial.key));
  };
  const keys = keysAt(first);
  if (second === undefined) return keys.size;
  const others = keysAt(second);
  const seedless = [...keys].filter((key) => others.has(key)).length;
  return seedless + (keys.size - seedless) * spec.seeds.length;
}

function plannedCell(
  spec: SweepSpec,
  { seed, values, ...point }: GridPoint & { readonly seed: number },
  index: number,
): PlannedCell {
  const written = trialSettingsSchema.safeParse(settingsAt(spec.fixed, { ...point, values }, seed));
  if (!written.success) {
    throw new LatentSweepError('SPEC_INVALID', `cell ${index} cannot be read: ${written.error.message}`, {
      cell: index,
    });
  }
  const { key, settings, phases, stepsByPhase } = pipelineOf(written.data, spec.files);
  const { system, channel, latents, task, model } = settings;
  // for show only: what identifies the trial is in `phases` already
  const shape = 'weights' in model ? (spec.files[model.weights]?.shape ?? publicShape(model.weights)) : shapeOf(model);
  return {
    trial: { key, cell: index, phases },
    settings,
    point: values,
    system,
    task: task.name,
    latents,
    channel: channelName(channel),
    capacityFloatsPerLatent: shape === null ? null : capacityFloatsPerLatent(system, channel, shape),
    seed,
    totalStepsByPhase: stepsByPhase,
  };
}

/**
 * Trial settings of a point, not yet checked. Shorter paths are set first, so that `channel` and `channel.rank` can both be axes.
 * A model given by shape without `base` gets a Base with the default settings.
 */
export function settingsAt(fixed: JsonObject, { values }: GridPoint, seed: number): JsonObject {
  const paths = Object.keys(values).sort((a, b) => a.split('.').length - b.split('.').length);
  const settings = paths.reduce((known, path) => withValueAt(known, path, values[path]), fixed);
  const fromScratch = isObject(settings['model']) && !('weights' in settings['model']);
  return { ...(fromScratch && settings['base'] === undefined ? { base: {} } : {}), ...settings, seed };
}
