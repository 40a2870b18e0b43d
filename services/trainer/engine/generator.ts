// Greedy decoding of one shape: a prefill session, a step session, and the cache between them, updated in place.

import { computedModel } from '../../study/systems/index.ts';
import type { DeviceTensor, Runtime, TensorData } from '../../tensor/runtime/index.ts';
import {
  cacheMask,
  cacheShape,
  firstGeneratedPosition,
  firstGeneratedSlot,
  type GenerateItem,
  type GenerationShape,
  prefillArrays,
  prefillGraph,
  stepGraph,
  type TrainingSettings,
} from '../systems/index.ts';
import { CompiledGraph } from './compiled-graph.ts';
import type { ParameterStore } from './parameter-store.ts';

export class Generator {
  readonly #runtime: Runtime;
  readonly #settings: TrainingSettings;
  readonly #shape: GenerationShape;
  readonly #cache: readonly DeviceTensor[];
  readonly #prefill: CompiledGraph;
  readonly #step: CompiledGraph;

  /** @param givenLatents are arrays of every run */
  constructor(
    runtime: Runtime,
    store: ParameterStore,
    settings: TrainingSettings,
    shape: GenerationShape,
    givenLatents: boolean,
  ) {
    this.#runtime = runtime;
    this.#settings = settings;
    this.#shape = shape;
    const { layers, size } = cacheShape(settings, shape);
    const names = Array.from({ length: layers }, (_, layer) => [`k.${layer}`, `v.${layer}`]).flat();
    const cache = names.map((name) => [name, runtime.createTensor('float32', size)] as const);
    const next = cache.map(([name, tensor]) => [`${name}.next`, tensor] as const);
    this.#cache = cache.map(([, tensor]) => tensor);
    this.#prefill = new CompiledGraph(
      runtime,
      store,
      prefillGraph(settings, shape, givenLatents),
      'prefill',
      new Map(cache),
    );
    this.#step = new CompiledGraph(runtime, store, stepGraph(settings, shape), 'step', new Map([...cache, ...next]));
  }

  /**
   * At most `maxNewTokens` tokens per item (not more than the shape's slots), fewer after `eosTokenId` or at the end of the context.
   * @param items at most the batch of the shape
   * @param given arrays of latents, where the generator is given them
   */
  run(
    items: readonly GenerateItem[],
    maxNewTokens: number,
    eosTokenId: number | null,
    given: ReadonlyMap<string, Float32Array>,
  ): readonly (readonly number[])[] {
    const { contextLength } = computedModel(this.#settings.system, this.#settings.model);
    const positions = items.map((item) => firstGeneratedPosition(this.#settings, item));
    const generated: number[][] = items.map(() => []);
    const isDone = (b: number) => {
      const tokens = generated[b] ?? [];
      const fed = (positions[b] ?? 0) + tokens.length - 1;
      return tokens.length >= maxNewTokens || tokens.at(-1) === eosTokenId || fed >= contextLength;
    };
    const take = (next: Float32Array | BigInt64Array) => {
      generated.forEach((tokens, b) => {
        if (tokens.length === 0 || !isDone(b)) tokens.push(Number(next[b]));
      });
    };
    this.#prefill.run(new Map<string, TensorData>([...prefillArrays(this.#settings, items, this.#shape), ...given]));
    take(this.#prefill.output('next'));

    const arrays = this.#stepArrays(items);
    for (let step = 0; !generated.every((_, b) => isDone(b)); step++) {
      arrays.advance(step, (b) => ({
        token: generated[b]?.at(-1) ?? 0,
        position: Math.min((positions[b] ?? 0) + step, contextLength - 1),
      }));
      this.#step.run(arrays.byName);
      take(this.#step.output('next'));
    }
    return generated;
  }

  #stepArrays(items: readonly GenerateItem[]) {
    const { batch } = this.#shape;
    const [, groups = 1, slotCount = 1] = cacheShape(this.#settings, this.#shape).size;
    const firstSlot = firstGeneratedSlot(this.#settings, this.#shape);
    const ids = new BigInt64Array(batch);
    const positions = new BigInt64Array(batch);
    const slots_BG3 = new BigInt64Array(batch * groups * 3);
    const masks = [true, false].map((withLatents) => cacheMask(this.#settings, items, this.#shape, withLatents));
    const [withLatents, without] = masks;
    const byName = new Map<string, Float32Array | BigInt64Array>([
      ['ids', ids],
      ['positions', positions],
      ['slots', slots_BG3],
      ['mask.latents', withLatents ?? new Float32Array()],
      ['mask.rest', without ?? new Float32Array()],
    ]);
    const advance = (step: number, read: (b: number) => { readonly token: number; readonly position: number }) => {
      const slot = firstSlot + step;
      for (let b = 0; b < batch; b++) {
        const { token, position } = read(b);
        ids[b] = BigInt(token);
        positions[b] = BigInt(position);
        for (const mask of masks) mask[b * slotCount + slot] = 0;
        for (let g = 0; g < groups; g++) slots_BG3.set([BigInt(b), BigInt(g), BigInt(slot)], (b * groups + g) * 3);
      }
    };
    return { byName, advance };
  }

  release(): void {
    this.#prefill.release();
    this.#step.release();
    for (const tensor of this.#cache) this.#runtime.releaseTensor(tensor);
  }
}
