// What a phase needs of memory, before a session is created. State is exact; activations are those of the emitted graph; the rest is
// measured: what ONNX Runtime's arena holds beyond them, and what a trainer process takes with an empty engine.

import { FLOAT_BYTES } from '../../study/systems/index.ts';
import type { Graph } from '../../tensor/graph/index.ts';
import { layOut, normGraph, updateGraph } from '../../tensor/optimizer/index.ts';
import type { EngineConfig } from '../engine/types.ts';
import { systemParameters } from '../systems/index.ts';
import { graphBytes } from './peak-bytes.ts';

/** Blocks that fit no later tensor stay in the arena; measured as peak resident memory over live tensors. */
const ARENA_SLACK = 0.35;
/** Resident memory of a trainer process with a tiny engine: Node, its compiled modules, ONNX Runtime, task and tokenizer. */
const PROCESS_BYTES = 205e6;

interface StateBytes {
  readonly parameters: number;
  readonly moments: number;
  readonly gradients: number;
}

export interface MemoryPlan extends StateBytes {
  /** Tensors of the largest graph that live at once, constants and caches of the engine. */
  readonly activations: number;
  /** What the arena holds beyond them, and the optimizer's rows. */
  readonly workspace: number;
  /** Copies of weights and moments on the host while a checkpoint is written. */
  readonly checkpoint: number;
  readonly process: number;
  readonly total: number;
}

/** As the engine lays it out, padding included. */
function stateBytes(config: EngineConfig): StateBytes {
  const slabs = layOut(systemParameters(config), config.optimizer.decay);
  const bytes = (trainedOnly: boolean): number =>
    slabs
      .filter(({ trained }) => trained || !trainedOnly)
      .reduce((sum, { rows, rowLength }) => sum + FLOAT_BYTES * rows * rowLength, 0);
  return { parameters: bytes(false), moments: 2 * bytes(true), gradients: bytes(true) };
}

/**
 * @param graphs of which one runs at a time
 * @param cacheBytes tensors that the engine keeps besides its state
 * @param writesState whether its checkpoints hold weights
 */
export function memoryPlan(
  config: EngineConfig,
  graphs: readonly Graph[],
  cacheBytes: number,
  writesState: boolean,
): MemoryPlan {
  const state = stateBytes(config);
  const sizes = graphs.map(graphBytes);
  const live = Math.max(...sizes.map(({ peak }) => peak));
  const activations = live + cacheBytes + sizes.reduce((sum, { constants }) => sum + constants, 0);
  const workspace = Math.round(ARENA_SLACK * live) + (writesState ? optimizerBytes(config) : 0);
  const checkpoint = writesState ? state.parameters + state.moments : 0;
  const { parameters, moments, gradients } = state;
  return {
    ...{ parameters, moments, gradients, activations, workspace, checkpoint },
    process: PROCESS_BYTES,
    total: parameters + moments + gradients + activations + workspace + checkpoint + PROCESS_BYTES,
  };
}

/** Rows of an update and partial sums of a norm; a Scan's body counts once. */
function optimizerBytes(config: EngineConfig): number {
  const slabs = layOut(systemParameters(config), config.optimizer.decay).filter(({ trained }) => trained);
  const bodies = updateGraph(slabs).nodes.flatMap(({ attributes }) => {
    const body = attributes['body'];
    return body?.kind === 'graph' ? [graphBytes(body.value).peak] : [];
  });
  return Math.max(graphBytes(normGraph(slabs)).peak, ...bodies);
}
