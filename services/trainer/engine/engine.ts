// The engine: one model set with its optimizer state, and the graphs that train it, score it and decode with it.
// Reading order: trainStep, then training-graph.ts for what is computed and optimizer-step.ts for what is updated.
// Same config, weights, batches and thread count give the same bits.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { ModelConfig } from '../models/index.ts';
import { Runtime, type RuntimeOptions, type TensorData } from '../runtime/index.ts';
import {
  type BatchShape,
  bucket,
  capacityFloatsPerLatent,
  checkGenerateItem,
  computedModel,
  type GenerationShape,
  type GraphPurpose,
  itemLatents,
  type LatentLayout,
  latentLayout,
  observationGraph,
  type PreparedBatch,
  prefillArrays,
  prepareBatch,
  scoringGraph,
  systemParameters,
  trainingGraph,
} from '../systems/index.ts';
import { checkConfig } from './check-config.ts';
import { CompiledCache } from './compiled-cache.ts';
import { CompiledGraph } from './compiled-graph.ts';
import { GENERATE_ITEMS, PREFILL_SCORES } from './decode-limits.ts';
import { Generator } from './generator.ts';
import { initialise } from './initialise.ts';
import { checkGiven, givenArrays, itemLatents as itemLatentsOf } from './item-latents.ts';
import { OptimizerStep } from './optimizer-step.ts';
import { ParameterStore } from './parameter-store.ts';
import type {
  AttentionShares,
  Batch,
  CurriculumItem,
  Engine,
  EngineConfig,
  EngineState,
  GenerateItem,
  Generation,
  InitialiseOptions,
  ItemLatents,
  LatentObservation,
  LearningRates,
  NamedTensors,
  StepResult,
} from './types.ts';

/** Compiled training graphs kept at once; an epoch of a curriculum meets about a dozen shapes. */
const TRAINING_GRAPHS = 24;
/** Decoders hold a cache each. */
const GENERATORS = 4;

/** What a batch gives besides an update; for probes and gradient tests. */
export interface Inspection {
  readonly lossNats: number;
  readonly gradNorm: number;
  readonly targets: number;
  /** [targets, V], rows in the order of probe.md section 9. */
  readonly logits: Float32Array;
  readonly gradients: NamedTensors;
}

/** @throws LatentSweepError CONFIG_INVALID for settings that do not fit each other */
export function createEngine(config: EngineConfig): Engine {
  return new TrainingEngine(config);
}

export class TrainingEngine implements Engine {
  readonly trainedNames: readonly string[];
  readonly capacityFloatsPerLatent: number;
  readonly latentLayout: LatentLayout | null;
  /** As checked: the channel is named. */
  readonly config: EngineConfig;
  readonly #runtime: Runtime;
  readonly #store: ParameterStore;
  readonly #optimizer: OptimizerStep;
  readonly #graphs = new CompiledCache<CompiledGraph>(TRAINING_GRAPHS);
  readonly #generators = new CompiledCache<Generator>(GENERATORS);

  /** @param openRuntime a profile gives its own */
  constructor(
    unchecked: EngineConfig,
    openRuntime: (config: RuntimeOptions) => Runtime = (options) => new Runtime(options),
  ) {
    const config = checkConfig(unchecked);
    const parameters = systemParameters(config);
    this.config = config;
    this.trainedNames = parameters.filter(({ trained }) => trained).map(({ name }) => name);
    this.capacityFloatsPerLatent = capacityFloatsPerLatent(config);
    this.latentLayout = latentLayout(config);
    this.#runtime = openRuntime(runtimeOptions(config));
    try {
      this.#store = new ParameterStore(this.#runtime, parameters, config);
      this.#optimizer = new OptimizerStep(this.#runtime, this.#store, config.optimizer, config.device);
    } catch (error) {
      this.#runtime.releaseAll();
      throw error;
    }
  }

  initialise(options: InitialiseOptions): void {
    this.#store.setEach(initialise(this.config, options));
    this.resetOptimizer();
  }

  setWeights(weights: NamedTensors): void {
    this.#store.setWeights(weights);
    this.resetOptimizer();
  }

  weights(): NamedTensors {
    return this.#store.weights();
  }

  state(): EngineState {
    return { tensors: this.#store.state(), updates: this.#optimizer.updates };
  }

  setState({ tensors, updates }: EngineState): void {
    if (!(Number.isInteger(updates) && updates >= 0)) {
      throw new LatentSweepError('WEIGHTS_INVALID', `a state cannot have ${updates} updates`, { updates });
    }
    this.#store.setState(tensors);
    this.#optimizer.updates = updates;
  }

  resetOptimizer(): void {
    this.#store.resetMoments();
    this.#optimizer.updates = 0;
  }

  trainStep(batch: Batch, learningRates: LearningRates, microbatch: number | null): StepResult {
    checkRates(learningRates);
    const { lossNats, targets, flops } = this.#accumulate(batch, microbatch);
    const gradNorm = this.#optimizer.gradNorm();
    this.#optimizer.apply(learningRates, gradNorm);
    return { lossNats, gradNorm, targets, flops };
  }

  evaluateLoss(batch: Batch, given?: readonly ItemLatents[]): { readonly lossNats: number; readonly targets: number } {
    const prepared = prepareBatch(this.config, batch);
    if (given === undefined || prepared.shape.latents === 0)
      return { lossNats: this.#run(prepared, 'loss', [prepared]), targets: prepared.targets };
    checkGiven(this.latentLayout, given, batch.kind === 'curriculum' ? batch.items.map(({ latents }) => latents) : []);
    return { lossNats: this.#run(prepared, 'loss', [prepared], given), targets: prepared.targets };
  }

  score(batch: Batch): Float32Array {
    const whole = prepareBatch(this.config, batch);
    const nats = new Float32Array(whole.targets);
    let scored = 0;
    for (const part of splitBatch(batch, rowsScoredTogether(whole.shape, this.config.model))) {
      const prepared = prepareBatch(this.config, part);
      const graph = this.#graphs.get(
        JSON.stringify(['score', prepared.shape]),
        () => new CompiledGraph(this.#runtime, this.#store, scoringGraph(this.config, prepared.shape), 'score'),
      );
      graph.run(prepared.arrays(prepared.targets, prepared.prefixTargets));
      nats.set(floats(graph.output('nats')).subarray(0, prepared.targets), scored);
      scored += prepared.targets;
    }
    return nats;
  }

  observeLatents(items: readonly GenerateItem[]): readonly LatentObservation[] {
    const layout = this.latentLayout;
    if (layout === null) throw noLatents(this.config.system);
    for (const item of items) checkGenerateItem(this.config, item);
    const together = this.#itemsTogether(items);
    const groups = Array.from({ length: Math.ceil(items.length / together) }, (_, group) =>
      items.slice(group * together, (group + 1) * together),
    );
    return groups.flatMap((group) => this.#observe(layout, group, together));
  }

  #observe(layout: LatentLayout, items: readonly GenerateItem[], batch: number): readonly LatentObservation[] {
    const { generated, ...shape } = this.#generationShape(items, batch, 1);
    const graph = this.#graphs.get(
      JSON.stringify(['observation', shape]),
      () => new CompiledGraph(this.#runtime, this.#store, observationGraph(this.config, shape), 'observation'),
    );
    graph.run(prefillArrays(this.config, items, { ...shape, generated }));
    const parts = Array.from({ length: layout.parts }, (_, part) => graph.output(`exchanged.${part}`));
    const z = graph.output('z');
    const { width } = this.config.model;
    return items.map(({ latents }, b) => ({
      exchanged: itemLatentsOf(layout, shape, parts.map(floats), b, latents),
      lastHidden: floats(z).slice(b * shape.latents * width, (b * shape.latents + latents) * width),
    }));
  }

  observeAttention(items: readonly CurriculumItem[]): {
    readonly layers: readonly AttentionShares[];
    readonly targets: number;
  } {
    if (this.latentLayout === null) throw noLatents(this.config.system);
    const prepared = prepareBatch(this.config, { kind: 'curriculum', items });
    this.#run(prepared, 'attention', [prepared]);
    const graph = this.#graph(prepared, 'attention', false);
    const { layers } = computedModel(this.config.system, this.config.model);
    const { ahead } = prepared.shape;
    return {
      targets: prepared.targets,
      layers: Array.from({ length: layers }, (_, layer) => {
        const shares = floats(graph.output(`attention.${layer}`));
        const mean = (column: number): number =>
          items.reduce((total, { target }, b) => {
            for (let a = 0; a < target.length; a++) total += shares[(b * ahead + a) * 3 + column] ?? 0;
            return total;
          }, 0) / prepared.targets;
        return { question: mean(0), latents: mean(1), target: mean(2) };
      }),
    };
  }

  /** Loss, logits and gradients of a batch; no weight changes. */
  inspect(batch: Batch): Inspection {
    const prepared = prepareBatch(this.config, batch);
    const lossNats = this.#run(prepared, 'inspect', [prepared]);
    const logits = this.#graph(prepared, 'inspect', false).output('logits');
    return {
      lossNats,
      gradNorm: this.#optimizer.gradNorm(),
      targets: prepared.targets,
      logits: Float32Array.from(logits, Number).subarray(0, prepared.targets * this.config.model.vocabSize),
      gradients: this.#store.gradientsOnHost(),
    };
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
    for (const item of items) checkGenerateItem(this.config, item);
    if (given !== undefined)
      checkGiven(
        this.latentLayout,
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
        ? this.#givenArrays(
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
    const longest = items.reduce((most, { question }) => Math.max(most, question.length), 1);
    const fitting = Math.floor(PREFILL_SCORES / (this.config.model.heads * longest ** 2));
    return Math.max(1, Math.min(items.length, GENERATE_ITEMS, fitting));
  }

  #givenArrays(shape: Pick<GenerationShape, 'batch' | 'latents'>, given: readonly ItemLatents[]) {
    if (this.latentLayout === null) throw noLatents(this.config.system);
    return givenArrays(this.latentLayout, shape, given);
  }

  #generationShape(items: readonly GenerateItem[], batch: number, maxNewTokens: number): GenerationShape {
    return {
      batch,
      prefix: Math.min(
        bucket(Math.max(...items.map(({ question }) => question.length))),
        this.config.model.contextLength,
      ),
      latents: Math.max(...items.map((item) => itemLatents(this.config, item))),
      generated: Math.min(maxNewTokens, this.config.model.contextLength),
    };
  }

  #generator(shape: GenerationShape, givenLatents: boolean): Generator {
    return this.#generators.get(
      JSON.stringify([shape, givenLatents]),
      () => new Generator(this.#runtime, this.#store, this.config, shape, givenLatents),
    );
  }

  /** Gradients of the whole batch into the store; the loss is checked before anything else happens. */
  #accumulate(batch: Batch, microbatch: number | null): Omit<StepResult, 'gradNorm'> {
    const parts = splitBatch(batch, microbatch).map((part) => prepareBatch(this.config, part));
    let [lossNats, flops] = [0, 0];
    parts.forEach((part, index) => {
      const purpose = index === 0 ? 'gradients' : 'accumulate';
      lossNats += this.#run(part, purpose, parts);
      flops += this.#graph(part, purpose, false).flops;
    });
    if (!Number.isFinite(lossNats))
      throw new LatentSweepError('NAN_LOSS', `the loss is ${lossNats}`, { lossNats: String(lossNats) });
    return { lossNats, targets: parts.reduce((sum, { targets }) => sum + targets, 0), flops };
  }

  /** Runs one part of a batch; gives its share of the loss of all parts. */
  #run(
    part: PreparedBatch,
    purpose: GraphPurpose,
    parts: readonly PreparedBatch[],
    given?: readonly ItemLatents[],
  ): number {
    const total = (count: (part: PreparedBatch) => number) => parts.reduce((sum, each) => sum + count(each), 0);
    const arrays = part.arrays(
      total(({ targets }) => targets),
      total(({ prefixTargets }) => prefixTargets),
    );
    const graph = this.#graph(part, purpose, given !== undefined);
    if (purpose === 'gradients' || purpose === 'inspect')
      this.#store.clearGradients((name) => !graph.has(`grad.${name}`) || graph.reads(`sum.${name}`));
    graph.run(given === undefined ? arrays : new Map([...arrays, ...this.#givenArrays(part.shape, given)]));
    return Number(graph.output('loss')[0]);
  }

  #graph({ shape }: PreparedBatch, purpose: GraphPurpose, givenLatents: boolean): CompiledGraph {
    const compile = () => {
      const graph = trainingGraph(this.config, shape, purpose, givenLatents);
      return new CompiledGraph(this.#runtime, this.#store, graph, `${this.config.system}.${purpose}`);
    };
    return this.#graphs.get(JSON.stringify([purpose, shape, givenLatents]), compile);
  }

  release(): void {
    this.#graphs.release();
    this.#generators.release();
    this.#optimizer.release();
    this.#runtime.releaseAll();
  }
}

/** What precision asks of the device goes before what `cuda` says; products that are not bf16 stay exact beside those that are. */
function runtimeOptions({
  device,
  threads,
  exclusiveCores = false,
  cuda = {},
  precision,
}: EngineConfig): RuntimeOptions {
  return {
    device,
    threads,
    exclusiveCores,
    cuda: precision === undefined ? cuda : { ...cuda, tf32: precision === 'tf32' },
  };
}

function checkRates(rates: LearningRates): void {
  for (const [group, rate] of Object.entries(rates)) {
    if (!(rate >= 0 && Number.isFinite(rate))) {
      throw new LatentSweepError('CONFIG_INVALID', `train.lr.${group}: ${rate} is not a finite number of at least 0`, {
        key: `train.lr.${group}`,
      });
    }
  }
}

/** Rows whose logits and whose attention scores of one layer stay below the bound of a prefill. */
export function rowsScoredTogether(
  { batch, prefix, sites, latents, ahead, scored }: BatchShape,
  model: ModelConfig,
): number {
  const further = sites * (latents + ahead);
  const scores = model.heads * Math.max(prefix, further) * (prefix + further);
  const logits = (scored / batch) * model.vocabSize;
  return Math.max(1, Math.floor(PREFILL_SCORES / Math.max(scores, logits)));
}

const NOTHING_GIVEN: ReadonlyMap<string, Float32Array> = new Map();

function noLatents(system: string): LatentSweepError {
  return new LatentSweepError('CONFIG_INVALID', `system: ${system} has no latents`, { key: 'system' });
}

const floats = (values: TensorData): Float32Array =>
  values instanceof Float32Array ? values : Float32Array.from(values, Number);

const lengthOf = (items: readonly GenerateItem[], index: number): number => items[index]?.question.length ?? 0;

/** Parts of at most `microbatch` items (curriculum) or rows (corpus), in order. */
function splitBatch(batch: Batch, microbatch: number | null): readonly Batch[] {
  if (microbatch === null) return [batch];
  if (!(Number.isInteger(microbatch) && microbatch >= 1)) {
    throw new LatentSweepError('CONFIG_INVALID', `train.microbatch: ${microbatch} is not a positive integer`, {
      key: 'train.microbatch',
    });
  }
  const count = batch.kind === 'curriculum' ? batch.items.length : batch.tokens.length;
  return Array.from({ length: Math.max(1, Math.ceil(count / microbatch)) }, (_, part) => {
    const [from, to] = [part * microbatch, (part + 1) * microbatch];
    return batch.kind === 'curriculum'
      ? { kind: 'curriculum', items: batch.items.slice(from, to) }
      : { ...batch, tokens: batch.tokens.slice(from, to), sites: batch.sites?.slice(from, to) ?? null };
  });
}
