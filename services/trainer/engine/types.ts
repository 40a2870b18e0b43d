// What the engine takes and gives: the border between training loops (phases/, probe/) and the graphs below.
// Everything here is plain data on the host; tensors are fp32, row-major.

import type { Channel, Objective, Precision, Query, SystemName } from '../../study/settings/index.ts';
import type { ParameterGroup } from '../../study/systems/index.ts';
import type { OptimizerConfig } from '../../tensor/optimizer/index.ts';
import type { CudaOptions, NamedTensors } from '../../tensor/runtime/index.ts';
import type { ModelConfig } from '../models/config.ts';
import type { Batch, CurriculumItem, GenerateItem, ItemLatents, LatentLayout } from '../systems/index.ts';

/** Of every parameter group; the step decoder's only where there is one. */
export type LearningRates = Readonly<Record<Exclude<ParameterGroup, 'step_decoder'>, number>> & {
  readonly step_decoder?: number;
};

export interface EngineConfig {
  /** Base and Coprocessor shape. */
  readonly model: ModelConfig;
  readonly system: SystemName;
  /** null: none, or the system's own (`liu`, `h2`: embedding; `h1`, `h1_h2`: kv over all layers). */
  readonly channel: Channel | null;
  /** N_L: rows of the soft-token table (`pause`: one row, repeated up to N_L times). */
  readonly latents: number;
  /** null for plain systems only. */
  readonly query: Query | null;
  readonly gradThroughCache: boolean;
  readonly prefixLmLossWeight: number;
  readonly optimizer: OptimizerConfig;
  /** Terms beside the cross-entropy, each kind once; training only. Absent: none. */
  readonly objectives?: readonly Objective[];
  /** Latents that stand for one replaced step; for the objective `steps`. */
  readonly latentsPerStep?: number;
  readonly device: 'cpu' | 'cuda';
  /** Intra-op threads of ONNX Runtime on the CPU provider; part of what makes bits repeat. */
  readonly threads: number;
  /** No other work needs the cores of these threads, so they may spin between operators: same numbers, sooner. Absent: false. */
  readonly exclusiveCores?: boolean;
  /** Inner values of layers are computed again for the gradient instead of kept: less memory, same numbers. Absent: false. */
  readonly recompute?: boolean;
  /** Of matrix products; weights, sums, loss and optimizer are fp32 always. Absent: fp32 on the CPU, tf32 on a GPU. */
  readonly precision?: Precision;
  /** For device cuda; left out: the defaults of the runtime. */
  readonly cuda?: Partial<CudaOptions>;
}

export interface StepResult {
  /** Mean cross-entropy over the scored targets, natural logarithm, before the update. */
  readonly lossNats: number;
  /** Euclidean norm of all gradients together, before clipping. */
  readonly gradNorm: number;
  /** Scored targets of the (whole, accumulated) batch. */
  readonly targets: number;
  /** Floating-point operations of the step's matrix products, padding included, recomputation not. */
  readonly flops: number;
  /** Unweighted terms of the objectives, in their order; 0 where the batch has nothing for one. */
  readonly terms: ReadonlyMap<Objective['kind'], number>;
}

export interface LatentObservation {
  readonly exchanged: ItemLatents;
  /** [N, D]: the Coprocessor's last hidden layer; the soft tokens, or the states that Coconut reads, in systems without one. */
  readonly lastHidden: Float32Array;
}

/** Where the rows after the latents (query and target tokens) look in one layer, shares of 1, mean over heads and scored targets. */
export interface AttentionShares {
  readonly question: number;
  /** 0 in a layer that exchanges nothing. */
  readonly latents: number;
  readonly target: number;
}

export interface Generation {
  readonly tokens: readonly number[];
}

/**
 * One model set (Base, Coprocessor, soft tokens) with its optimizer state, resident on the device.
 * All calls are synchronous: ONNX Runtime blocks the thread (docs/design/engine.md section 3, rule 9).
 */
export interface Engine {
  /** Fresh weights: initialisation rules of the family, Coprocessor copied from the Base, soft tokens per `softInit`. Pure in (config, seed). */
  initialise(options: InitialiseOptions): void;
  /** Sets weights by name; every parameter must be named, unknown or mis-shaped ones are typed errors. Moments become zero. */
  setWeights(weights: NamedTensors): void;
  weights(): NamedTensors;
  /** Weights plus moments (`adam_m.<name>`, `adam_v.<name>`, trained tensors only) and the number of updates so far: all a resume needs. */
  state(): EngineState;
  setState(state: EngineState): void;
  /** Moments to zero, update count to zero (stage switches of the curriculum). */
  resetOptimizer(): void;
  /** One optimizer step; `microbatch` items (rows) at a time are accumulated, null = all at once. */
  trainStep(batch: Batch, learningRates: LearningRates, microbatch: number | null): StepResult;
  /**
   * Loss without update.
   * @param given one per item of a curriculum batch, in place of the latents that the system would compute
   */
  evaluateLoss(batch: Batch, given?: readonly ItemLatents[]): { readonly lossNats: number; readonly targets: number };
  /**
   * Negative log-likelihood of every scored target, natural logarithm: by item and target, or by row, site and ahead index (plain systems: by
   * row and position). Targets of a row do not depend on its company, but for the last bits.
   */
  score(batch: Batch): Float32Array;
  /** Greedy decoding, Coprocessor once per item; stops after eos (kept) or maxNewTokens. `given` as in evaluateLoss. */
  generate(
    items: readonly GenerateItem[],
    maxNewTokens: number,
    eosTokenId: number | null,
    given?: readonly ItemLatents[],
  ): readonly Generation[];
  /** Of items with at least one latent. @throws LatentSweepError CONFIG_INVALID in systems without latents */
  observeLatents(items: readonly GenerateItem[]): readonly LatentObservation[];
  /** Layer by layer, teacher-forced on the targets. */
  observeAttention(items: readonly CurriculumItem[]): {
    readonly layers: readonly AttentionShares[];
    readonly targets: number;
  };
  /** null in systems without latents. */
  readonly latentLayout: LatentLayout | null;
  readonly trainedNames: readonly string[];
  readonly capacityFloatsPerLatent: number;
  /** Frees all native memory; no call may follow. */
  release(): void;
}

export interface InitialiseOptions {
  readonly seed: number;
  /** Base weights to start from (`base.*` names); null = initialise from scratch by the family's rules. */
  readonly base: NamedTensors | null;
  readonly coprocessorInit: 'base' | 'random';
  readonly softInit:
    | { readonly kind: 'mean' }
    | { readonly kind: 'zeros' }
    | { readonly kind: 'token'; readonly id: number };
}

export interface EngineState {
  readonly tensors: NamedTensors;
  /** Updates since the last optimizer reset (Adam's bias correction). */
  readonly updates: number;
}
