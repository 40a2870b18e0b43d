// One graph as a session with everything bound: parameters and gradients lie in the store, other inputs and outputs in tensors
// of its own, which the host writes before a run and reads after it.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { Graph } from '../graph/index.ts';
import { emitModel, usedInputs } from '../onnx/index.ts';
import type { Binding, DeviceTensor, Runtime, Session, TensorData } from '../runtime/index.ts';
import type { ParameterStore } from './parameter-store.ts';

export class CompiledGraph {
  readonly #runtime: Runtime;
  readonly #session: Session;
  readonly #binding: Binding;
  readonly #own: DeviceTensor[] = [];
  readonly #inputs = new Map<string, DeviceTensor>();
  readonly #outputs = new Map<string, DeviceTensor>();

  /** @param shared further tensors by input or output name; the caller owns them */
  constructor(
    runtime: Runtime,
    store: ParameterStore,
    graph: Graph,
    name: string,
    shared: ReadonlyMap<string, DeviceTensor> = new Map(),
  ) {
    this.#runtime = runtime;
    this.#session = runtime.createSession(emitModel(graph, name));
    this.#binding = this.#session.bind();
    const used = usedInputs(graph);
    for (const { source, dtype, shape } of graph.inputs) {
      if (source.kind !== 'input' || !used.has(source.name)) continue;
      const known = store.tensorOf(source.name) ?? shared.get(source.name);
      const tensor = known ?? this.#create(dtype === 'float32' ? 'float32' : 'int64', shape);
      if (!known) this.#inputs.set(source.name, tensor);
      this.#binding.input(source.name, tensor);
    }
    for (const output of graph.outputs) {
      const known = store.tensorOf(output.name) ?? shared.get(output.name);
      const tensor =
        known ?? this.#create(output.tensor.dtype === 'float32' ? 'float32' : 'int64', output.tensor.shape);
      this.#outputs.set(output.name, tensor);
      this.#binding.output(output.name, tensor);
    }
  }

  #create(dtype: 'float32' | 'int64', shape: readonly number[]): DeviceTensor {
    const tensor = this.#runtime.createTensor(dtype, shape);
    this.#own.push(tensor);
    return tensor;
  }

  /** Writes every input that is not shared, then runs. Arrays the graph does not read are ignored. */
  run(arrays: ReadonlyMap<string, TensorData>): void {
    for (const [name, tensor] of this.#inputs) {
      const values = arrays.get(name);
      if (values?.length !== tensor.data.length) {
        throw new LatentSweepError('INTERNAL', `array ${name} has ${values?.length} of ${tensor.data.length} elements`);
      }
      if (values instanceof Float32Array && tensor.data instanceof Float32Array) tensor.data.set(values);
      else if (values instanceof BigInt64Array && tensor.data instanceof BigInt64Array) tensor.data.set(values);
      else throw new LatentSweepError('INTERNAL', `array ${name} has the wrong type`);
    }
    this.#binding.run();
  }

  /** The memory of an output: overwritten by the next run. */
  output(name: string): TensorData {
    const tensor = this.#outputs.get(name);
    if (!tensor) throw new LatentSweepError('INTERNAL', `the graph has no output ${name}`);
    return tensor.data;
  }

  release(): void {
    this.#binding.release();
    this.#session.release();
    for (const tensor of this.#own) this.#runtime.releaseTensor(tensor);
  }
}
