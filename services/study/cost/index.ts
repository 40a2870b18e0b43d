// What a phase and a sweep cost: operations, memory, disk, time.
export { leastMemoryBytes } from './phase-memory.ts';
export {
  bytesInStore,
  estimateSweep,
  type PhaseEstimate,
  type SweepEstimate,
  secondsOnSlots,
  type Throughput,
  type TrialEstimate,
} from './sweep-estimate.ts';
export { taskTokens } from './task-tokens.ts';
