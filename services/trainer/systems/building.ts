// What the parts of a graph share while it is built: settings, static shapes, the two models and the options of this graph.

import type { Precision } from '../../study/settings/index.ts';
import type { Graph, Tensor } from '../../tensor/graph/index.ts';
import type { Model } from '../models/index.ts';
import type { SystemSettings } from './settings.ts';

export interface TrainingSettings extends SystemSettings {
  readonly device: 'cpu' | 'cuda';
  /** Absent: nothing is computed twice. */
  readonly recompute?: boolean;
  /** Absent: fp32 on the CPU, tf32 on a GPU. */
  readonly precision?: Precision;
  readonly gradThroughCache: boolean;
  readonly prefixLmLossWeight: number;
}

/** Everything static about a batch; graphs are compiled and cached by it. */
export interface BatchShape {
  readonly batch: number;
  /** Rows of the Base pass; in plain systems the whole sequence. */
  readonly prefix: number;
  readonly sites: number;
  /** Latent slots per site in this batch. */
  readonly latents: number;
  /** Decoding rows per site: the query and the ahead tokens that are read; 0 in plain systems. */
  readonly ahead: number;
  readonly scored: number;
  /** Of the step decoder; absent where nothing is read by it. */
  readonly steps?: StepsShape;
}

/** Replaced steps of a batch, as rows of the step decoder: its latents, then its tokens but the last. */
export interface StepsShape {
  readonly sequences: number;
  /** Latents of each. */
  readonly latents: number;
  /** Tokens of the longest. */
  readonly tokens: number;
  readonly scored: number;
}

export interface Building {
  readonly graph: Graph;
  readonly settings: TrainingSettings;
  readonly shape: BatchShape;
  readonly base: Model;
  readonly coprocessor: Model;
  /** An input by its full name (`base.*`, `soft_tokens`, ...). */
  readonly parameter: (name: string) => Tensor;
  readonly options: BuildOptions;
}

/** What a graph does otherwise than in training. */
export interface BuildOptions {
  /** No gradient will be asked for. */
  readonly forwardOnly?: boolean;
  /** Latents are inputs (exchange.ts) instead of computed. */
  readonly givenLatents?: boolean;
  /** Is shown the attention weights of the decoding pass, [B, H, rows, keys]. */
  readonly observe?: (layer: number, weights_BHQS: Tensor) => void;
}
