// The engine: one model set with its optimizer state, and the graphs that train it, score it and decode with it.
// Reading order: trainStep, then training-graph.ts for what is computed and optimizer-step.ts for what is updated.
// Same config, weights, batches and thread count give the same bits.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { computedModel } from '../../study/systems/index.ts';
import { type NamedTensors, Runtime, type RuntimeOptions } from '../../tensor/runtime/index.ts';
import {
  type Batch,
  type BatchCounts,
  type CurriculumItem,
  capacityOf,
  type GenerateItem,
  type GraphPurpose,
  type ItemLatents,
  type LatentLayout,
  latentLayout,
  type PreparedBatch,
  prepareBatch,
  scoringGraph,
  systemParameters,
  trainingGraph,
} from '../systems/index.ts';
import { checkConfig } from './check-config.ts';
import { CompiledCache } from './compiled-cache.ts';
import { CompiledGraph } from './compiled-graph.ts';
import { Decoder } from './decoder.ts';
import { initialise } from './initialise.ts';
import { checkGiven, floats, noLatents } from './item-latents.ts';
import { OptimizerStep } from './optimizer-step.ts';
import { ParameterStore } from './parameter-store.ts';
import { rowsScoredTogether, splitBatch } from './split-batch.ts';
import type {
  AttentionShares,
  Engine,
  EngineConfig,
  EngineState,
  Generation,
  InitialiseOptions,
  LatentObservation,
  LearningRates,
  StepResult,
} from './types.ts';

/** Compiled training graphs kept at once; an epoch of a curriculum meets about a dozen shapes. */
const TRAINING_GRAPHS = 24;

/** What a batch gives besides an update; for probes and gradient tests. */
export interface Inspection {
  readonly lossNats: number;
  readonly gradNorm: number;
  readonly targets: number;
  /** [targets, V], rows in the order of docs/design/probe.md section 9. */
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
  readonly #decoder: Decoder;

  /** @param openRuntime a profile gives its own */
  constructor(
    unchecked: EngineConfig,
    openRuntime: (config: RuntimeOptions) => Runtime = (options) => new Runtime(options),
  ) {
    const config = checkConfig(unchecked);
    const parameters = systemParameters(config);
    this.config = config;
    this.trainedNames = parameters.filter(({ trained }) => trained).map(({ name }) => name);
    this.capacityFloatsPerLatent = capacityOf(config);
    this.latentLayout = latentLayout(config);
    this.#runtime = openRuntime(runtimeOptions(config));
    try {
      this.#store = new ParameterStore(this.#runtime, parameters, config);
      this.#optimizer = new OptimizerStep(this.#runtime, this.#store, config.optimizer, config.device);
      this.#decoder = new Decoder(this.#runtime, this.#store, config, this.latentLayout);
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
    const { lossNats, targets, flops, terms } = this.#accumulate(batch, microbatch);
    const gradNorm = this.#optimizer.gradNorm();
    this.#optimizer.apply(learningRates, gradNorm);
    return { lossNats, gradNorm, targets, flops, terms };
  }

  evaluateLoss(batch: Batch, given?: readonly ItemLatents[]): { readonly lossNats: number; readonly targets: number } {
    const prepared = prepareBatch(this.config, batch);
    if (given === undefined || prepared.shape.latents === 0)
      return { lossNats: this.#run(prepared, 'loss', [prepared]), targets: prepared.counts.targets };
    checkGiven(this.latentLayout, given, batch.kind === 'curriculum' ? batch.items.map(({ latents }) => latents) : []);
    return { lossNats: this.#run(prepared, 'loss', [prepared], given), targets: prepared.counts.targets };
  }

  score(batch: Batch): Float32Array {
    const whole = prepareBatch(this.config, batch);
    const nats = new Float32Array(whole.counts.targets);
    let scored = 0;
    for (const part of splitBatch(batch, rowsScoredTogether(whole.shape, this.config.model))) {
      const prepared = prepareBatch(this.config, part);
      const graph = this.#graphs.get(
        JSON.stringify(['score', prepared.shape]),
        () => new CompiledGraph(this.#runtime, this.#store, scoringGraph(this.config, prepared.shape), 'score'),
      );
      const { targets } = prepared.counts;
      graph.run(prepared.arrays(prepared.counts));
      nats.set(floats(graph.output('nats')).subarray(0, targets), scored);
      scored += targets;
    }
    return nats;
  }

  generate(
    items: readonly GenerateItem[],
    maxNewTokens: number,
    eosTokenId: number | null,
    given?: readonly ItemLatents[],
  ): readonly Generation[] {
    return this.#decoder.generate(items, maxNewTokens, eosTokenId, given);
  }

  observeLatents(items: readonly GenerateItem[]): readonly LatentObservation[] {
    return this.#decoder.observeLatents(items);
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
      targets: prepared.counts.targets,
      layers: Array.from({ length: layers }, (_, layer) => {
        const shares = floats(graph.output(`attention.${layer}`));
        const mean = (column: number): number =>
          items.reduce((total, { target }, b) => {
            for (let a = 0; a < target.length; a++) total += shares[(b * ahead + a) * 3 + column] ?? 0;
            return total;
          }, 0) / prepared.counts.targets;
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
      targets: prepared.counts.targets,
      logits: Float32Array.from(logits, Number).subarray(0, prepared.counts.targets * this.config.model.vocabSize),
      gradients: this.#store.gradientsOnHost(),
    };
  }

  /** Gradients of the whole batch into the store; the loss is checked before anything else happens. */
  #accumulate(batch: Batch, microbatch: number | null): Omit<StepResult, 'gradNorm'> {
    const parts = splitBatch(batch, microbatch).map((part) => prepareBatch(this.config, part));
    let [lossNats, flops] = [0, 0];
    const terms = new Map(this.config.objectives?.map(({ kind }) => [kind, 0]));
    parts.forEach((part, index) => {
      const purpose = index === 0 ? 'gradients' : 'accumulate';
      lossNats += this.#run(part, purpose, parts);
      const graph = this.#graph(part, purpose, false);
      flops += graph.flops;
      for (const [kind, before] of terms)
        if (graph.has(`term.${kind}`)) terms.set(kind, before + Number(graph.output(`term.${kind}`)[0]));
    });
    for (const [name, value] of [['loss', lossNats] as const, ...terms])
      if (!Number.isFinite(value))
        throw new LatentSweepError('NAN_LOSS', `the ${name} is ${value}`, { [name]: String(value) });
    return { lossNats, targets: parts.reduce((sum, { counts }) => sum + counts.targets, 0), flops, terms };
  }

  /** Runs one part of a batch; gives its share of the loss of all parts. */
  #run(
    part: PreparedBatch,
    purpose: GraphPurpose,
    parts: readonly PreparedBatch[],
    given?: readonly ItemLatents[],
  ): number {
    const total = (count: keyof BatchCounts) => parts.reduce((sum, { counts }) => sum + counts[count], 0);
    const arrays = part.arrays({
      targets: total('targets'),
      prefixTargets: total('prefixTargets'),
      comparedSites: total('comparedSites'),
      stepTokens: total('stepTokens'),
    });
    const graph = this.#graph(part, purpose, given !== undefined);
    if (purpose === 'gradients' || purpose === 'inspect')
      this.#store.clearGradients((name) => !graph.has(`grad.${name}`) || graph.reads(`sum.${name}`));
    graph.run(given === undefined ? arrays : new Map([...arrays, ...this.#decoder.givenArrays(part.shape, given)]));
    return Number(graph.output('loss')[0]);
  }

  #graph({ shape }: PreparedBatch, purpose: GraphPurpose, givenLatents: boolean): CompiledGraph {
    const compile = () => {
      const { config } = this;
      const graph = trainingGraph(config, shape, purpose, givenLatents);
      const counted =
        config.recompute === true
          ? trainingGraph({ ...config, recompute: false }, shape, purpose, givenLatents)
          : graph;
      const name = `${config.system}.${purpose}`;
      return new CompiledGraph(this.#runtime, this.#store, graph, name, undefined, counted);
    };
    return this.#graphs.get(JSON.stringify([purpose, shape, givenLatents]), compile);
  }

  release(): void {
    this.#graphs.release();
    this.#decoder.release();
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
