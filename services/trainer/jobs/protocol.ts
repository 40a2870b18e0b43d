// Messages between a supervisor (gpu-worker, `lsweep train`, tests) and a trainer process: one phase at a time over Node's IPC channel.
// Plain JSON data; the trainer answers with events whose meaning the proto's PhaseEvent repeats. No seq here: the spool numbers them.

import type { AttemptOverrides } from '../../../workflows/domain/attempt-overrides.ts';
import type { AttemptFailure, ErrorCode } from '../../../workflows/domain/errors.ts';
import type { PhaseResult } from '../../../workflows/domain/phase-result.ts';
import type { RecordedSegment, StoredCheckpoint } from '../../../workflows/domain/segment.ts';
import type { PhaseConfig } from '../../study/settings/index.ts';

/** A checkpoint as a local file of this machine. */
export interface LocalCheckpoint extends Omit<StoredCheckpoint, 'uri'> {
  readonly path: string;
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
  /** The unit of record; its checkpoint is still a file of this machine. */
  | ({ readonly kind: 'segment' } & RecordedSegment<LocalCheckpoint>)
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
