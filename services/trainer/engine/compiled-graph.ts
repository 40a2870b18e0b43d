// One graph as a session with everything bound: parameters and gradients lie in the store, other inputs in a block that the host
// fills before a run, other outputs in tensors of its own, read after it.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { Graph } from '../../tensor/graph/index.ts';
import { emitModel, usedInputs } from '../../tensor/onnx/index.ts';
import type {
  Binding,
  DeviceTensor,
  Runtime,
  Session,
  StagedInputs,
  TensorData,
  TensorSpec,
} from '../../tensor/runtime/index.ts';
import { matrixFlops } from './matrix-flops.ts';
import type { ParameterStore } from './parameter-store.ts';

export class CompiledGraph {
  /** Floating-point operations of the matrix products of a run. */
  readonly flops: number;
  readonly #runtime: Runtime;
  readonly #session: Session;
  readonly #binding: Binding;
  readonly #own: DeviceTensor[] = [];
  readonly #used: ReadonlySet<string>;
  readonly #inputs: StagedInputs;
  readonly #outputs = new Map<string, DeviceTensor>();

  /**
   * @param shared further tensors by input or output name; the caller owns them
   * @param counted whose operations count as work: the graph without what it computes a second time to save memory
   */
  constructor(
    runtime: Runtime,
    store: ParameterStore,
    graph: Graph,
    name: string,
    shared: ReadonlyMap<string, DeviceTensor> = new Map(),
    counted: Graph = graph,
  ) {
    this.flops = matrixFlops(counted);
    this.#runtime = runtime;
    this.#session = runtime.createSession(emitModel(graph, name));
    this.#binding = this.#session.bind();
    this.#used = usedInputs(graph);
    const staged = new Map<string, TensorSpec>();
    for (const { source, dtype, shape } of graph.inputs) {
      if (source.kind !== 'input' || !this.#used.has(source.name)) continue;
      const known = store.tensorOf(source.name) ?? shared.get(source.name);
      if (known) this.#binding.input(source.name, known);
      else staged.set(source.name, { dtype: dtype === 'float32' ? 'float32' : 'int64', shape });
    }
    this.#inputs = runtime.stageInputs(staged);
    for (const [input, tensor] of this.#inputs.tensors) this.#binding.input(input, tensor);
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
    for (const name of this.#inputs.tensors.keys()) this.#inputs.write(name, arrays.get(name));
    this.#inputs.upload();
    this.#binding.run();
  }

  has(output: string): boolean {
    return this.#outputs.has(output);
  }

  reads(input: string): boolean {
    return this.#used.has(input);
  }

  /** A copy of an output of the last run. */
  output(name: string): TensorData {
    const tensor = this.#outputs.get(name);
    if (!tensor) throw new LatentSweepError('INTERNAL', `the graph has no output ${name}`);
    return this.#runtime.read(tensor);
  }

  release(): void {
    this.#binding.release();
    this.#session.release();
    this.#inputs.release();
    for (const tensor of this.#own) this.#runtime.releaseTensor(tensor);
  }
}
