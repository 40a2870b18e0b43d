// The workflows that the orchestrator registers; each exported function is a workflow type. Callers import contract.ts.

export { batch } from './batch.ts';
export { sweep } from './sweep.ts';
