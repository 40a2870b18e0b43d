// The graphs and caches that greedy decoding of some questions takes: those of an evaluation, and of a finetune that chooses its checkpoint.

import type { Graph } from '../../tensor/graph/index.ts';
import { latentsOf, questionTokens } from '../curriculum/index.ts';
import { decodedTogether, decodingShape } from '../engine/decode-limits.ts';
import type { EngineConfig } from '../engine/types.ts';
import { cacheShape, type GenerationShape, prefillGraph, stepGraph } from '../systems/index.ts';
import type { Split } from '../tasks/index.ts';
import type { Tokenizer } from '../tokenizers/index.ts';

export interface Decoded {
  readonly split: Split;
  /** Questions from its start; null = all. */
  readonly items: number | null;
  readonly maxNewTokens: number;
}

export interface DecodingGraphs {
  readonly shape: GenerationShape;
  readonly prefill: Graph;
  readonly step: Graph;
  /** Keys and values of every layer. */
  readonly cacheBytes: number;
}

/** Graphs for the longest question, with at most so many items at a time. */
export function decodingGraphs(
  engine: EngineConfig,
  latents: number,
  { split, items, maxNewTokens }: Decoded,
  tokenizer: Tokenizer,
): (wanted: number) => DecodingGraphs {
  let question = 1;
  for (let index = 0; index < Math.min(items ?? split.size, split.size); index++)
    question = Math.max(question, questionTokens(split.example(index), tokenizer).length);
  return (wanted) => {
    const shape = decodingShape(engine.model, {
      batch: decodedTogether(engine.model, question, wanted),
      longestQuestion: question,
      latents: latentsOf(engine.system, latents),
      maxNewTokens,
    });
    const { layers, size } = cacheShape(engine, shape);
    const cacheBytes = 2 * layers * 4 * size.reduce((product, length) => product * length, 1);
    return { shape, prefill: prefillGraph(engine, shape), step: stepGraph(engine, shape), cacheBytes };
  };
}
