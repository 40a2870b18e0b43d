// What the segment loop needs of a phase: steps that can be run one by one, a state to write down and a result at the end.

import type { PhaseResult } from '../../../workflows/domain/phase-result.ts';
import type { EvaluationItem } from '../../../workflows/domain/segment.ts';
import type { NamedTensors } from '../../tensor/runtime/index.ts';

export interface PhaseWork {
  /** Steps already done when the work begins: that of the resumed checkpoint, or 0. */
  readonly startStep: number;
  readonly totalSteps: number;
  /** Trained parameters; 0 where nothing is trained. */
  readonly parameters: number;
  readonly tokenizerHash: string;
  /** What the device reaches in matrix products, operations per second; absent where nothing is trained. */
  readonly peakFlopsPerSecond?: number;
  /** Runs step `step`, counted from 1; called in order. Synchronous: it blocks the process. */
  run(step: number): StepRecord;
  /** All that a resume needs after the last step run. */
  state(): { readonly tensors: NamedTensors; readonly updates: number };
  result(): PhaseResult;
}

export interface StepRecord {
  /** One value per metric; the same names in every step but for validations, which some steps have. Deterministic values only, never timings. */
  readonly metrics: ReadonlyMap<string, number>;
  readonly items: readonly EvaluationItem[];
  readonly tokens: number;
  readonly lossNats: number | null;
  /** Of the matrix products of a training step; absent in an evaluation. */
  readonly flops?: number;
}
