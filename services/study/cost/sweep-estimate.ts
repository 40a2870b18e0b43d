// What a whole sweep will cost, before it runs: unique trials, phases and who shares them, floating-point operations and hours. Streams
// over the grid; what it keeps is one small row per phase and trial.

import type { PhaseKey, TrialKey } from '../../../workflows/domain/ids.ts';
import { KEPT_CHECKPOINTS } from '../../../workflows/domain/record-limits.ts';
import { examplesIn, type PlannedCell, planSweepFile, type SweepSpec, splitSizes } from '../plan/index.ts';
import { type AnyPhaseConfig, PHASE_KINDS, type PhaseKind } from '../settings/index.ts';
import {
  type ModelShape,
  type ParameterCounts,
  parameterCounts,
  publicShape,
  shapeOf,
  systemTraits,
} from '../systems/index.ts';
import { checkpointBytes } from './phase-disk.ts';
import { phaseFlops } from './phase-flops.ts';
import { taskTokens } from './task-tokens.ts';

export interface TrialEstimate {
  readonly key: TrialKey;
  /** First cell of the grid that is this trial. */
  readonly cell: PlannedCell;
  /** Null where the model's shape or the tokenizer is not known before the run. */
  readonly parameters: ParameterCounts | null;
  /** Of its own pipeline, shared phases counted whole. */
  readonly flops: number | null;
}

export interface PhaseEstimate {
  readonly key: PhaseKey;
  readonly kind: PhaseKind;
  readonly steps: number;
  readonly trials: number;
  readonly flops: number | null;
  /** Of its last checkpoint, which stays. */
  readonly checkpointBytes: number | null;
}

export interface SweepEstimate {
  /** Of the grid, seeds included; several may mean the same trial, which is one cell of the sweep. */
  readonly points: number;
  readonly trials: readonly TrialEstimate[];
  readonly phases: readonly PhaseEstimate[];
}

/** Hours are rough: what one slot sustains is an assumption. */
export interface Throughput {
  readonly slots: number;
  /** Operations per second of one slot, all of a step counted in. */
  readonly flopsPerSecond: number;
  /** Start of a phase (graphs, sessions, checkpoints), s. */
  readonly secondsPerPhase: number;
}

export function estimateSweep(spec: SweepSpec): SweepEstimate {
  const planned = planSweepFile(spec);
  const trials = new Map<TrialKey, TrialEstimate>();
  const phases = new Map<PhaseKey, PhaseEstimate>();
  for (let index = 0; index < planned.size; index++) {
    const cell = planned.cell(index);
    if (trials.has(cell.trial.key)) continue;
    const facts = factsOf(cell, spec);
    let flops: number | null = 0;
    for (const [order, { key, config }] of cell.trial.phases.entries()) {
      const known = phases.get(key);
      const cost = known ? known.flops : flopsOf(config, facts);
      const steps = cell.totalStepsByPhase[order] ?? 0;
      const bytes = known ? known.checkpointBytes : bytesOf(config, facts);
      const shared = { trials: (known?.trials ?? 0) + 1, flops: cost, checkpointBytes: bytes };
      phases.set(key, { key, kind: config.kind, steps, ...shared });
      flops = flops === null || cost === null ? null : flops + cost;
    }
    trials.set(cell.trial.key, { key: cell.trial.key, cell, parameters: parametersOf(cell, facts), flops });
  }
  return { points: planned.size, trials: [...trials.values()], phases: [...phases.values()] };
}

type Facts = ReturnType<typeof factsOf>;

/** Null where it is not known before the run, and for a simulated phase, which computes nothing. */
function flopsOf(config: AnyPhaseConfig, facts: Facts): number | null {
  if (config.kind === 'simulate') return null;
  return facts && phaseFlops(config, facts.shape, facts.tokens, facts.sizes);
}

function bytesOf(config: AnyPhaseConfig, facts: Facts): number | null {
  if (config.kind === 'simulate') return config.task.checkpointBytes;
  return facts && checkpointBytes(config, facts.shape, facts.tokens.vocabulary, facts.sizes);
}

function factsOf({ settings }: PlannedCell, spec: SweepSpec) {
  const { model, task, tokenizer } = settings;
  if (task.name === 'simulate') return null;
  const shape: ModelShape | null =
    'weights' in model ? (spec.files[model.weights]?.shape ?? publicShape(model.weights)) : shapeOf(model);
  const tokens = taskTokens(task, tokenizer);
  if (shape === null || tokens === null) return null;
  return { shape, tokens, sizes: splitSizes(task, examplesIn(task, spec.files)) };
}

function parametersOf({ settings }: PlannedCell, facts: Facts): ParameterCounts | null {
  if (facts === null) return null;
  const { system, channel, latents } = settings;
  const query = systemTraits(system).plain ? null : settings.query;
  const { shape, tokens } = facts;
  return parameterCounts({ system, channel, latents, query, shape, vocabulary: tokens.vocabulary });
}

/**
 * Seconds until the last trial ends: phases of a kind wait for those before, each kind spread evenly over the slots, and none faster
 * than its longest phase. Null where some cost is not known.
 */
export function secondsOnSlots({ phases }: SweepEstimate, throughput: Throughput): number | null {
  const { slots, flopsPerSecond, secondsPerPhase } = throughput;
  let total = 0;
  for (const kind of PHASE_KINDS) {
    const seconds: number[] = [];
    for (const phase of phases) {
      if (phase.kind !== kind) continue;
      if (phase.flops === null) return null;
      seconds.push(secondsPerPhase + phase.flops / flopsPerSecond);
    }
    const longest = seconds.reduce((most, one) => Math.max(most, one), 0);
    const sum = seconds.reduce((all, one) => all + one, 0);
    total += Math.max(longest, sum / slots);
  }
  return total;
}

/** Bytes in the artifact store: `kept` when all is done, `most` while the last phases still run. Null where some size is not known. */
export function bytesInStore(
  { phases }: SweepEstimate,
  slots: number,
): { readonly kept: number; readonly most: number } | null {
  const sizes: number[] = [];
  for (const { checkpointBytes: bytes } of phases) {
    if (bytes === null) return null;
    sizes.push(bytes);
  }
  const kept = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const largest = sizes.toSorted((a, b) => b - a).slice(0, slots);
  // a running phase has those that are kept and one that is being put; `kept` counts one of them
  return { kept, most: kept + KEPT_CHECKPOINTS * largest.reduce((sum, bytes) => sum + bytes, 0) };
}
