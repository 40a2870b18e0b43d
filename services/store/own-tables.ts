// The tables that the migrations make, with what their rows belong to. Nothing but these is ever granted or deleted from: the same database
// may hold tables of its users. A test compares the list with the schema.

/** What decides that a row goes when a sweep is deleted; `nothing` stays whatever is deleted. */
export type Belonging = 'sweep' | 'trial' | 'phase' | 'nothing';

/**
 * Every table of the schema with what its rows belong to; a table that is missing here would never be granted or
 * deleted from.
 */
export const OWN_TABLES = {
  analyses: 'phase',
  artifact_garbage: 'nothing',
  attempt_progress: 'phase',
  attempts: 'phase',
  cell_states: 'nothing',
  checkpoints: 'phase',
  decisions: 'phase',
  evaluation_items: 'phase',
  evaluation_items_superseded: 'phase',
  evaluations: 'phase',
  gpu_seconds: 'phase',
  installation: 'nothing',
  metric_last: 'phase',
  metric_names: 'nothing',
  metrics: 'phase',
  metrics_superseded: 'phase',
  node_events: 'nothing',
  nodes: 'nothing',
  phase_costs: 'phase',
  phases: 'phase',
  schema_definitions: 'nothing',
  schema_migrations: 'nothing',
  sweep_phases: 'phase',
  sweep_revisions: 'sweep',
  sweep_trials: 'sweep',
  sweeps: 'sweep',
  trial_phases: 'trial',
  trials: 'trial',
} as const satisfies Readonly<Record<string, Belonging>>;

/** Name of a table of ours. */
export type OwnTable = keyof typeof OWN_TABLES;

/** Their foreign keys lead to phases only, so their order does not matter; `phases` itself goes last and by its own statement. */
export const TABLES_OF_PHASES: readonly string[] = Object.entries(OWN_TABLES)
  .filter(([name, belongsTo]) => belongsTo === 'phase' && name !== 'phases')
  .map(([name]) => name);
