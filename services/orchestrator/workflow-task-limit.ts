// How long one turn of workflow code may take. The SDK's 5 s are wall time, which a full machine exceeds with healthy code; a worker whose turn is
// cut off has lost its sandbox, and its process may end with it (SIGSEGV). Turns that never end are for the replay tests to find, not for a clock.

/** Spread into a worker's options: the SDK takes it from there, but its types do not name it. */
export const WORKFLOW_TASK_LIMIT: { readonly isolateExecutionTimeout: string } = {
  isolateExecutionTimeout: '10 minutes',
};
