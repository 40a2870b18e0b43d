// Messages between a supervisor (gpu-worker, `lsweep train`, tests) and a trainer process: one phase at a time over Node's IPC channel.
// Plain JSON data; the trainer answers with events whose meaning the proto's PhaseEvent repeats. No seq here: the spool numbers them.

import type { AttemptOverrides } from '../../../workflows/domain/attempt-overrides.ts';
import type { AttemptFailure, ErrorCode } from '../../../workflows/domain/errors.ts';
import type { PhaseConfig } from '../../study/settings/index.ts';

/** A checkpoint as a local file of this machine. */
export interface LocalCheckpoint {
  readonly path: string;
  readonly sha256: string;
  readonly step: number;
  readonly bytes: number;
}

export interface PhaseJob {
  readonly phaseKey: string;
  readonly attempt: number;
  readonly config: PhaseConfig;
  /** Final checkpoint of the parent phase (finetune: the Base or none; evaluate: the finetuned system). */
  readonly parent: LocalCheckpoint | null;
  /** Where this phase goes on; null = from its beginning. */
  readonly resume: LocalCheckpoint | null;
  /** Folder of this attempt on local disk; checkpoints are written below it. */
  readonly workDir: string;
  readonly device: 'cpu' | 'cuda';
  readonly threads: number;
  /** No other work needs the cores of these threads: they spin while they wait (jobs/exclusive-cores.ts). Same bits. Absent: false. */
  readonly exclusiveCores?: boolean;
  /** What this attempt may take, bytes: a phase whose plan needs more is refused before it begins. null or absent: whatever there is. */
  readonly memoryBytes?: number | null;
  /** Aim for the wall time between two segments, ms (docs/design/architecture.md section 1: 5 to 30 s). */
  readonly segmentMs: number;
  /** A checkpoint at the end of a segment when the last one is older than this, ms; 0 = at every segment. */
  readonly checkpointMs: number;
  /** What checkpoints may write on average (phases/checkpoint-interval.ts); null or absent: no bound. */
  readonly checkpointBytesPerSecond?: number | null;
  /** What this attempt does otherwise than `config`, because earlier ones failed; absent = nothing. */
  readonly overrides?: AttemptOverrides;
}

export type TrainerCommand =
  | { readonly kind: 'run'; readonly job: PhaseJob }
  /** `checkpoint`: end the segment now with a checkpoint, then answer `stopped`. `now`: answer `stopped` before the next step. */
  | { readonly kind: 'stop'; readonly mode: 'checkpoint' | 'now' }
  | { readonly kind: 'exit' };

/** Values of one metric in ascending steps; step s is the s-th optimizer step, counted from 1. */
export interface MetricSeries {
  readonly name: string;
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

export interface EvaluationItem {
  readonly item: number;
  readonly prediction: string;
  readonly gold: string;
  readonly correct: boolean;
  readonly tokens: number;
  readonly seconds: number;
}

/** One number of an analysis; a phase has one at most for a name, label, i and j. */
export interface AnalysisValue {
  /** What was computed, such as `cross_capture`. */
  readonly name: string;
  /** A variant of it, such as an intervention; '' where there is none. */
  readonly label: string;
  /** Indices from 0 (slots, layers); null where the number stands for the whole. */
  readonly i: number | null;
  readonly j: number | null;
  /** NaN where it is not defined. */
  readonly value: number;
}

export type TrainerEvent =
  | { readonly kind: 'ready'; readonly pid: number; readonly engineVersion: string }
  | { readonly kind: 'started'; readonly step: number; readonly totalSteps: number; readonly parameters: number }
  /** Liveness and live numbers only; never recorded as results. Sent at most twice a second. */
  | {
      readonly kind: 'progress';
      readonly step: number;
      readonly totalSteps: number;
      readonly lossNats: number | null;
      readonly tokensPerSecond: number;
    }
  /** The unit of record: steps (fromStep, toStep], all their metrics, items finished in it, and maybe a checkpoint at toStep. */
  | {
      readonly kind: 'segment';
      readonly fromStep: number;
      readonly toStep: number;
      readonly metrics: readonly MetricSeries[];
      readonly items: readonly EvaluationItem[];
      readonly checkpoint: LocalCheckpoint | null;
      readonly deviceSeconds: number;
      readonly tokens: number;
      /** Model FLOPs utilisation: operations of the matrix products over deviceSeconds and the device's measured rate; null where nothing trains. */
      readonly mfu: number | null;
    }
  /** After the last segment. `result` is small JSON (accuracy, final losses, capacity, weightsSha256, ...). */
  | { readonly kind: 'completed'; readonly result: PhaseResult }
  | { readonly kind: 'stopped'; readonly step: number }
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode;
      readonly failure: AttemptFailure;
      /** Without the code. */
      readonly sentence: string;
      readonly details: Readonly<Record<string, string | number | boolean | null>>;
    };

export interface PhaseResult {
  /** SHA-256 over all weights by name, null for phases that train nothing. */
  readonly weightsSha256: string | null;
  readonly capacityFloatsPerLatent: number | null;
  readonly evaluation: {
    readonly split: string;
    readonly items: number;
    readonly correct: number;
    readonly accuracy: number;
    /** Accuracy of guessing, 0..1. */
    readonly chance: number;
  } | null;
  /** Where `train.select` asks: the step whose weights these are, and its validation accuracy (0..1) on so many items. */
  readonly selected?: { readonly step: number; readonly accuracy: number; readonly items: number };
  readonly analyses: readonly AnalysisValue[];
}
