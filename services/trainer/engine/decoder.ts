// Decoding and what it lets one see: greedy answers and the latents of questions. Items of like length share a pass, and what an item gets never
// depends on its company. A decoder keeps one compiled generator per shape.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { Runtime } from '../../tensor/runtime/index.ts';
import {
  checkGenerateItem,
  type GenerateItem,
  type GenerationShape,
  type ItemLatents,
  itemLatents,
  type LatentLayout,
  observationGraph,
  prefillArrays,
} from '../systems/index.ts';
import { CompiledCache } from './compiled-cache.ts';
import { CompiledGraph } from './compiled-graph.ts';
import { decodedTogether, decodingShape } from './decode-limits.ts';
import { Generator } from './generator.ts';
import { checkGiven, floats, givenArrays, itemLatents as itemLatentsOf, noLatents } from './item-latents.ts';
import type { ParameterStore } from './parameter-store.ts';
import type { EngineConfig, Generation, LatentObservation } from './types.ts';

/** Generators hold a cache each. */
const GENERATORS = 4;
const OBSERVATIONS = 4;

export class Decoder {
  readonly #runtime: Runtime;
  readonly #store: ParameterStore;
  readonly #config: EngineConfig;
  readonly #layout: LatentLayout | null;
  readonly #generators = new CompiledCache<Generator>(GENERATORS);
  readonly #observations = new CompiledCache<CompiledGraph>(OBSERVATIONS);

  /** @param layout of the latents; null for a system without */
  constructor(runtime: Runtime, store: ParameterStore, config: EngineConfig, layout: LatentLayout | null) {
    this.#runtime = runtime;
    this.#store = store;
    this.#config = config;
    this.#layout = layout;
  }

  generate(
    items: readonly GenerateItem[],
    maxNewTokens: number,
    eosTokenId: number | null,
    given?: readonly ItemLatents[],
  ): readonly Generation[] {
    if (!(Number.isInteger(maxNewTokens) && maxNewTokens >= 1)) {
      throw new LatentSweepError('CONFIG_INVALID', `max_new_tokens: ${maxNewTokens} is not a positive integer`, {
        key: 'max_new_tokens',
      });
    }
    for (const item of items) checkGenerateItem(this.#config, item);
    if (given !== undefined)
      checkGiven(
        this.#layout,
        given,
        items.map(({ latents }) => latents),
      );
    // items of like length share a pass: less padding; each item's tokens do not depend on its company
    const byLength = items.map((_, index) => index).sort((a, b) => lengthOf(items, a) - lengthOf(items, b) || a - b);
    const generations: Generation[] = items.map(() => ({ tokens: [] }));
    const together = this.#itemsTogether(items);
    for (let from = 0; from < items.length; from += together) {
      const indices = byLength.slice(from, from + together);
      const group = indices.flatMap((index) => items[index] ?? []);
      const shape = this.#generationShape(group, together, maxNewTokens);
      const isGiven = given !== undefined && shape.latents > 0;
      const arrays = isGiven
        ? this.givenArrays(
            shape,
            indices.flatMap((index) => given[index] ?? []),
          )
        : NOTHING_GIVEN;
      const generated = this.#generator(shape, isGiven).run(group, maxNewTokens, eosTokenId, arrays);
      indices.forEach((index, b) => {
        generations[index] = { tokens: generated[b] ?? [] };
      });
    }
    return generations;
  }

  #itemsTogether(items: readonly GenerateItem[]): number {
    return decodedTogether(this.#config.model, longestQuestion(items), items.length);
  }

  /** Inputs that latents from outside fill. @throws LatentSweepError CONFIG_INVALID for a system without latents */
  givenArrays(shape: Pick<GenerationShape, 'batch' | 'latents'>, given: readonly ItemLatents[]) {
    if (this.#layout === null) throw noLatents(this.#config.system);
    return givenArrays(this.#layout, shape, given);
  }

  #generationShape(items: readonly GenerateItem[], batch: number, maxNewTokens: number): GenerationShape {
    const latents = Math.max(...items.map((item) => itemLatents(this.#config, item)));
    return decodingShape(this.#config.model, { batch, longestQuestion: longestQuestion(items), latents, maxNewTokens });
  }

  #generator(shape: GenerationShape, givenLatents: boolean): Generator {
    return this.#generators.get(
      JSON.stringify([shape, givenLatents]),
      () => new Generator(this.#runtime, this.#store, this.#config, shape, givenLatents),
    );
  }

  observeLatents(items: readonly GenerateItem[]): readonly LatentObservation[] {
    const layout = this.#layout;
    if (layout === null) throw noLatents(this.#config.system);
    for (const item of items) checkGenerateItem(this.#config, item);
    const together = this.#itemsTogether(items);
    const groups = Array.from({ length: Math.ceil(items.length / together) }, (_, group) =>
      items.slice(group * together, (group + 1) * together),
    );
    return groups.flatMap((group) => this.#observe(layout, group, together));
  }

  #observe(layout: LatentLayout, items: readonly GenerateItem[], batch: number): readonly LatentObservation[] {
    const { generated, ...shape } = this.#generationShape(items, batch, 1);
    const graph = this.#observations.get(
      JSON.stringify(shape),
      () => new CompiledGraph(this.#runtime, this.#store, observationGraph(this.#config, shape), 'observation'),
    );
    graph.run(prefillArrays(this.#config, items, { ...shape, generated }));
    const parts = Array.from({ length: layout.parts }, (_, part) => graph.output(`exchanged.${part}`));
    const z = graph.output('z');
    const { width } = this.#config.model;
    return items.map(({ latents }, b) => ({
      exchanged: itemLatentsOf(layout, shape, parts.map(floats), b, latents),
      lastHidden: floats(z).slice(b * shape.latents * width, (b * shape.latents + latents) * width),
    }));
  }

  release(): void {
    this.#generators.release();
    this.#observations.release();
  }
}

const NOTHING_GIVEN: ReadonlyMap<string, Float32Array> = new Map();

const lengthOf = (items: readonly GenerateItem[], index: number): number => items[index]?.question.length ?? 0;

const longestQuestion = (items: readonly GenerateItem[]): number =>
  items.reduce((most, { question }) => Math.max(most, question.length), 1);
