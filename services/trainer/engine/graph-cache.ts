// Compiled training graphs by batch shape and purpose, least recently used ones released. Each keeps the tensors its
// batch arrays are written to; parameters and gradients are those of the store.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { emitModel, usedInputs } from '../onnx/index.ts';
import type { Binding, DeviceTensor, Runtime, Session } from '../runtime/index.ts';
import { type BatchShape, type GraphPurpose, type TrainingSettings, trainingGraph } from '../systems/index.ts';
import { floats, type ParameterStore } from './parameter-store.ts';

export class CompiledGraph {
  readonly #runtime: Runtime;
  readonly #session: Session;
  readonly #binding: Binding;
  readonly #arrays = new Map<string, DeviceTensor>();
  readonly #own: DeviceTensor[] = [];
  readonly #loss: DeviceTensor;
  readonly #logits: DeviceTensor | null = null;

  constructor(
    runtime: Runtime,
    store: ParameterStore,
    settings: TrainingSettings,
    shape: BatchShape,
    purpose: GraphPurpose,
  ) {
    this.#runtime = runtime;
    const graph = trainingGraph(settings, shape, purpose);
    this.#session = runtime.createSession(emitModel(graph, `${settings.system}.${purpose}`));
    this.#binding = this.#session.bind();
    const used = usedInputs(graph);
    for (const { source, dtype, shape: size } of graph.inputs) {
      if (source.kind !== 'input' || !used.has(source.name)) continue;
      const { name } = source;
      const sum = name.startsWith('sum.') ? store.gradients.get(name.slice('sum.'.length)) : undefined;
      const tensor =
        sum ?? store.values.get(name) ?? this.#array(name, dtype === 'float32' ? 'float32' : 'int64', size);
      this.#binding.input(name, tensor);
    }
    for (const { name, tensor } of graph.outputs) {
      const gradient = name.startsWith('grad.') ? store.gradients.get(name.slice('grad.'.length)) : undefined;
      const target = gradient ?? this.#create('float32', tensor.shape);
      if (name === 'logits') this.#logits = target;
      this.#binding.output(name, target);
      if (name === 'loss') this.#own.unshift(target);
    }
    const loss = this.#own[0];
    if (!loss) throw new LatentSweepError('INTERNAL', 'a training graph has no loss');
    this.#loss = loss;
  }

  #create(dtype: 'float32' | 'int64', shape: readonly number[]): DeviceTensor {
    const tensor = this.#runtime.createTensor(dtype, shape);
    this.#own.push(tensor);
    return tensor;
  }

  #array(name: string, dtype: 'float32' | 'int64', shape: readonly number[]): DeviceTensor {
    const tensor = this.#create(dtype, shape);
    this.#arrays.set(name, tensor);
    return tensor;
  }

  /** Runs once over the arrays of a batch and gives its share of the loss. */
  run(arrays: ReadonlyMap<string, Float32Array | BigInt64Array>): number {
    for (const [name, tensor] of this.#arrays) {
      const values = arrays.get(name);
      if (values instanceof Float32Array && tensor.data instanceof Float32Array) tensor.data.set(values);
      else if (values instanceof BigInt64Array && tensor.data instanceof BigInt64Array) tensor.data.set(values);
      else throw new LatentSweepError('INTERNAL', `the batch has no array ${name}`);
    }
    this.#binding.run();
    return floats(this.#loss)[0] ?? Number.NaN;
  }

  /** Logits of the last run, [scored rows, V]; only of graphs compiled to inspect. */
  logits(): Float32Array {
    return this.#logits ? floats(this.#logits).slice() : new Float32Array();
  }

  release(): void {
    this.#binding.release();
    this.#session.release();
    for (const tensor of this.#own) this.#runtime.releaseTensor(tensor);
  }
}

/** Compiled graphs kept at once; a curriculum epoch meets about a dozen shapes. */
const CAPACITY = 24;

export class GraphCache {
  readonly #compile: (shape: BatchShape, purpose: GraphPurpose) => CompiledGraph;
  readonly #graphs = new Map<string, CompiledGraph>();

  constructor(compile: (shape: BatchShape, purpose: GraphPurpose) => CompiledGraph) {
    this.#compile = compile;
  }

  get(shape: BatchShape, purpose: GraphPurpose): CompiledGraph {
    const key = JSON.stringify([purpose, shape]);
    const graph = this.#graphs.get(key) ?? this.#compile(shape, purpose);
    this.#graphs.delete(key);
    this.#graphs.set(key, graph);
    for (const [oldest, old] of this.#graphs) {
      if (this.#graphs.size <= CAPACITY) break;
      old.release();
      this.#graphs.delete(oldest);
    }
    return graph;
  }

  release(): void {
    for (const graph of this.#graphs.values()) graph.release();
    this.#graphs.clear();
  }
}
