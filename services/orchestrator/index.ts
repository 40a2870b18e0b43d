// The border of the orchestrator: commands on sweeps for callers, the process for the stack and tests.

export type { SweepSettings, SweepStatus } from '../../workflows/contract.ts';
export { CheckpointCollector } from './checkpoint-collector.ts';
export {
  connectSweepClient,
  type SweepClient,
  type SweepClientOptions,
  type SweepDescription,
} from './client.ts';
export { type DeletionNeeds, deleteSweep } from './delete-sweep.ts';
export { DEFAULT_FLEET_TIMES, type FleetTimes, type OrchestratorOptions, type TemporalOptions } from './options.ts';
export { type Orchestrator, startOrchestrator } from './orchestrator.ts';
export type { PlanSweep, SweepPlan } from './planner.ts';
export { asTemporalError } from './temporal-errors.ts';
export type { ConnectWorker, RegistryServer, ServeRegistry, WorkerConnection } from './transport.ts';
