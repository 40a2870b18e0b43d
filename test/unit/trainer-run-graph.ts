// Runs a small graph once through ONNX Runtime: what tests of operators and gradients read values from.

import type { Graph } from '../../services/tensor/graph/index.ts';
import { emitModel, usedInputs } from '../../services/tensor/onnx/index.ts';
import { Runtime, type TensorData } from '../../services/tensor/runtime/index.ts';

export interface RunnableGraph {
  /** Outputs by name, copied. Inputs the outputs do not depend on may be given or not. */
  run(inputs: ReadonlyMap<string, TensorData>): ReadonlyMap<string, Float32Array>;
  release(): void;
}

export function runnable(graph: Graph): RunnableGraph {
  const runtime = new Runtime({ device: 'cpu', threads: 1 });
  const session = runtime.createSession(emitModel(graph, 'test'));
  const binding = session.bind();
  const used = usedInputs(graph);
  const inputs = graph.inputs.flatMap(({ source, dtype, shape }) => {
    if (source.kind !== 'input' || !used.has(source.name)) return [];
    const tensor = runtime.createTensor(dtype === 'float32' ? 'float32' : 'int64', shape);
    binding.input(source.name, tensor);
    return [[source.name, tensor] as const];
  });
  const outputs = graph.outputs.map(({ name, tensor: { shape } }) => {
    const tensor = runtime.createTensor('float32', shape);
    binding.output(name, tensor);
    return [name, tensor] as const;
  });
  return {
    run(values) {
      for (const [name, tensor] of inputs) {
        const data = values.get(name);
        if (!data) throw new TypeError(`no values for input ${name}`);
        runtime.write(tensor, data);
      }
      binding.run();
      return new Map(outputs.map(([name, tensor]) => [name, runtime.read(tensor) as Float32Array]));
    },
    release() {
      binding.release();
      session.release();
      runtime.releaseAll();
    },
  };
}
