// The best rate of matrix products that this device reaches with so many threads: what a step's operations are compared with (MFU).

import { Graph, gemm } from '../../tensor/graph/index.ts';
import { emitModel } from '../../tensor/onnx/index.ts';
import { Runtime } from '../../tensor/runtime/index.ts';
import { matrixFlops } from './matrix-flops.ts';
import type { EngineConfig } from './types.ts';

/** Large enough to be bound by arithmetic, small enough to take milliseconds on one CPU thread. */
const SIZE = 1_024;
const RUNS = 6;

/** Operations per second of the fastest of some runs. */
export function measurePeak({
  device,
  threads,
  exclusiveCores = false,
}: Pick<EngineConfig, 'device' | 'threads' | 'exclusiveCores'>): number {
  const runtime = new Runtime({ device, threads, exclusiveCores });
  try {
    const graph = new Graph();
    const side = [SIZE, SIZE];
    graph.output('c', gemm(graph.input('a', 'float32', side), graph.input('b', 'float32', side)));
    const session = runtime.createSession(emitModel(graph, 'peak'));
    const binding = session.bind();
    for (const name of ['a', 'b']) binding.input(name, runtime.createTensor('float32', side));
    binding.output('c', runtime.createTensor('float32', side));
    let best = Number.POSITIVE_INFINITY;
    for (let run = 0; run < RUNS; run++) {
      const startedMs = performance.now();
      binding.run();
      best = Math.min(best, performance.now() - startedMs);
    }
    binding.release();
    session.release();
    return (1_000 * matrixFlops(graph)) / best;
  } finally {
    runtime.releaseAll();
  }
}
