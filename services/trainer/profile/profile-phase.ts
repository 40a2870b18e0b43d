// Where the time of a training step goes: real steps of a phase on its own data, once without a profiler for the true time, once with it for
// the shares. Every batch is run before anything is measured, so that no compilation counts.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PhaseConfig } from '../../study/settings/index.ts';
import { Runtime, type RuntimeOptions } from '../../tensor/runtime/index.ts';
import { measurePeak, TrainingEngine } from '../engine/index.ts';
import type { ComputePlacement } from '../phases/engine-config.ts';
import { tokensOf } from '../phases/training-work.ts';
import type { Batch } from '../systems/index.ts';
import { type NodeEvent, nodeEvents } from './node-events.ts';
import { passName } from './pass-name.ts';
import { type PhaseBatches, phaseBatches } from './phase-batches.ts';
import { ProfilingRuntime } from './profiling-runtime.ts';

export interface TimeShare {
  readonly name: string;
  /** Per step. */
  readonly calls: number;
  readonly milliseconds: number;
  /** Of matrix products, per second of its own time; 0 without any. */
  readonly flopsPerSecond: number;
}

export interface StepProfile {
  readonly steps: number;
  /** Of a step without the profiler. */
  readonly milliseconds: number;
  readonly profiledMilliseconds: number;
  readonly tokensPerSecond: number;
  readonly flopsPerStep: number;
  /** The device's own rate of matrix products, measured. */
  readonly peakFlopsPerSecond: number;
  /** Operations of a step over its time and that rate. */
  readonly mfu: number;
  /** Most expensive first, both; times as under the profiler. */
  readonly passes: readonly TimeShare[];
  readonly operators: readonly TimeShare[];
  readonly events: readonly NodeEvent[];
}

const RATES = { base: 1e-5, coprocessor: 1e-5, soft: 1e-5 } as const;

/** @throws LatentSweepError CONFIG_INVALID for a phase that does not train */
export async function profilePhase(
  config: PhaseConfig,
  placement: ComputePlacement,
  steps: number,
): Promise<StepProfile> {
  const phase = await phaseBatches(config, placement);
  const count = Math.min(steps, phase.totalSteps);
  const batches = Array.from({ length: count }, (_, index) =>
    phase.batchOf(1 + Math.floor((index * phase.totalSteps) / count)),
  );
  const plain = runSteps(phase, batches, (options) => new Runtime(options));
  const { ms: profiledMs, events } = profiledSteps(phase, batches);
  const flopsPerStep = sum(events, ({ flops }) => flops) / count;
  const peakFlopsPerSecond = measurePeak(phase.engine);
  const milliseconds = plain.ms / count;
  return {
    ...{ steps: count, milliseconds, flopsPerStep, peakFlopsPerSecond, events },
    profiledMilliseconds: profiledMs / count,
    tokensPerSecond: sum(batches, tokensOf) / (plain.ms / 1_000),
    mfu: flopsPerStep / (milliseconds / 1_000) / peakFlopsPerSecond,
    passes: withHost(
      shares(events, count, ({ pass }) => pass),
      profiledMs / count,
    ),
    operators: shares(events, count, ({ op }) => op),
  };
}

function profiledSteps(phase: PhaseBatches, batches: readonly Batch[]) {
  const folder = mkdtempSync(join(tmpdir(), 'lsweep-profile-'));
  try {
    const opened: ProfilingRuntime[] = [];
    const { ms } = runSteps(phase, batches, (options) => {
      const runtime = new ProfilingRuntime(options, folder);
      opened.push(runtime);
      return runtime;
    });
    const events = opened
      .flatMap(({ sessions }) => sessions)
      .flatMap((session) => {
        const both = nodeEvents(session, folder);
        // every session ran as often unmeasured as measured; by the clock the two are not told apart, for its zero is known only roughly
        return both.slice(both.length / 2).map((event) => ({ ...event, pass: passName(session.name, event.pass) }));
      })
      .sort((a, b) => a.startMs - b.startMs);
    return { ms, events };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** All batches unmeasured, then all measured; profiles are on disk when it returns. */
function runSteps(
  { engine: config, microbatch }: PhaseBatches,
  batches: readonly Batch[],
  openRuntime: (options: RuntimeOptions) => Runtime,
): { readonly ms: number } {
  const engine = new TrainingEngine(config, openRuntime);
  try {
    // values decide nothing about time, so weights from scratch stand for all
    engine.initialise({ seed: 1, base: null, coprocessorInit: 'base', softInit: { kind: 'mean' } });
    for (const batch of batches) engine.trainStep(batch, RATES, microbatch);
    const startedMs = performance.now();
    for (const batch of batches) engine.trainStep(batch, RATES, microbatch);
    return { ms: performance.now() - startedMs };
  } finally {
    engine.release();
  }
}

function shares(events: readonly NodeEvent[], steps: number, nameOf: (event: NodeEvent) => string): TimeShare[] {
  const groups = new Map<string, NodeEvent[]>();
  for (const event of events) {
    const name = nameOf(event);
    const known = groups.get(name);
    if (known === undefined) groups.set(name, [event]);
    else known.push(event);
  }
  return [...groups]
    .map(([name, own]) => {
      const ms = sum(own, ({ selfMs }) => selfMs);
      const flops = sum(own, (event) => event.flops);
      return {
        ...{ name, calls: own.length / steps, milliseconds: ms / steps },
        flopsPerSecond: ms > 0 ? (1_000 * flops) / ms : 0,
      };
    })
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

/** What is left of a step: preparing batches, copying inputs, ONNX Runtime between nodes, and the profiler itself. */
function withHost(passes: readonly TimeShare[], stepMs: number): readonly TimeShare[] {
  const milliseconds = Math.max(0, stepMs - sum(passes, (pass) => pass.milliseconds));
  return [...passes, { name: 'between the nodes', calls: 0, milliseconds, flopsPerSecond: 0 }];
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
