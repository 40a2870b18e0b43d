// The graphs and caches that greedy decoding of some questions takes: those of an evaluation, and of a finetune that chooses its checkpoint.

import { latentsOf, questionTokens } from '../curriculum/index.ts';
import { GENERATE_ITEMS, PREFILL_SCORES } from '../engine/decode-limits.ts';
import type { EngineConfig } from '../engine/types.ts';
import type { Graph } from '../graph/index.ts';
import { bucket, cacheShape, type GenerationShape, prefillGraph, stepGraph } from '../systems/index.ts';
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
  const { contextLength, heads } = engine.model;
  const fitting = Math.max(1, Math.floor(PREFILL_SCORES / (heads * question ** 2)));
  return (wanted) => {
    const shape: GenerationShape = {
      batch: Math.min(wanted, GENERATE_ITEMS, fitting),
      prefix: Math.min(bucket(question), contextLength),
      latents: latentsOf(engine.system, latents),
      generated: Math.min(maxNewTokens, contextLength),
    };
    const { layers, size } = cacheShape(engine, shape);
    const cacheBytes = 2 * layers * 4 * size.reduce((product, length) => product * length, 1);
    return { shape, prefill: prefillGraph(engine, shape), step: stepGraph(engine, shape), cacheBytes };
  };
}
