// One entry for every family: embedding, a pass, and the head.

import { gather, gemm, reshape, type Tensor } from '../../tensor/graph/index.ts';
import { headName, type ModelConfig, tokenEmbeddingName } from './config.ts';
import { gpt2Pass } from './gpt2.ts';
import type { Parameters, Pass, PassResult } from './pass.ts';
import { qwen3Pass, rotateQwen3Keys } from './qwen3.ts';

export interface Model {
  readonly config: ModelConfig;
  /** Token rows: int64 [...I] gives [I flattened, D]. Only the Base has an embedding. */
  embed(ids: Tensor): Tensor;
  run(pass: Pass): PassResult;
  /**
   * Keys of cache entries turned on by `positions_BS`, or back, where the family writes positions into them (qwen3); else as they are.
   * So the entries of a question can be given to one of another length.
   */
  rotateKeys(k_BGSK: Tensor, positions_BS: Tensor, direction: 'on' | 'back'): Tensor;
  /** The head: hidden rows [T, D] to logits [T, V]. */
  logits(hidden_TD: Tensor): Tensor;
}

/** @param positionCount one more than the largest position any pass uses and not below the rows of one (size of rotation tables) */
export function createModel(config: ModelConfig, parameter: Parameters, positionCount: number): Model {
  const embedding_VD = () => parameter(tokenEmbeddingName(config));
  return {
    config,
    embed: (ids) => {
      const count = ids.shape.reduce((a, b) => a * b, 1);
      return reshape(gather(embedding_VD(), ids), [count, config.width]);
    },
    run: (pass) =>
      config.kind === 'gpt2' ? gpt2Pass(config, parameter, pass) : qwen3Pass(config, parameter, pass, positionCount),
    rotateKeys: (k_BGSK, positions_BS, direction) =>
      config.kind === 'gpt2' ? k_BGSK : rotateQwen3Keys(config, k_BGSK, positions_BS, direction, positionCount),
    logits: (hidden_TD) => gemm(hidden_TD, parameter(headName(config)), { transB: true }),
  };
}
