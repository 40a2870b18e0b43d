// One stretch of a phase's steps as it is recorded. The same record from the trainer's message to the rows of Postgres: a node adds where the
// checkpoint was stored, an orchestrator whose it is. Only the wire has a form of its own (services/rpc/segment-message.ts).

/** Values of one metric in ascending steps; step s is the s-th optimizer step, counted from 1. */
export interface MetricSeries {
  readonly name: string;
  readonly steps: readonly number[];
  /** One a step; not always finite. */
  readonly values: readonly number[];
}

export interface EvaluationItem {
  /** Index in the split. */
  readonly item: number;
  readonly prediction: string;
  readonly gold: string;
  readonly correct: boolean;
  /** Generated. */
  readonly tokens: number;
  /** Wall time of the item's share of its batch. */
  readonly seconds: number;
}

/** A checkpoint in the artifact store. */
export interface StoredCheckpoint {
  /** Relative to the root of the store. */
  readonly uri: string;
  /** Hex SHA-256 of the content. */
  readonly sha256: string;
  readonly bytes: number;
  readonly step: number;
}

/**
 * Steps (fromStep, toStep], all their metrics, the items finished in it, and maybe a checkpoint at toStep.
 * @typeParam Checkpoint where the checkpoint is: in the artifact store, or while only the trainer knows it a local file
 */
export interface RecordedSegment<Checkpoint = StoredCheckpoint> {
  readonly fromStep: number;
  readonly toStep: number;
  readonly metrics: readonly MetricSeries[];
  readonly items: readonly EvaluationItem[];
  readonly checkpoint: Checkpoint | null;
  /** Wall time on the slot. */
  readonly deviceSeconds: number;
  readonly tokens: number;
  /** Model FLOPs utilisation: operations of the matrix products over deviceSeconds and the device's measured rate; null where nothing trains. */
  readonly mfu: number | null;
}
