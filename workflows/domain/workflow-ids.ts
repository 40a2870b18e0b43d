// Ids of workflows, and what they say. One home for both directions: nobody else takes an id apart.

export const sweepWorkflowId = (sweep: string): string => `sweep/${sweep}`;
export const batchWorkflowId = (sweep: string, from: number, to: number): string => `batch/${sweep}/${from}-${to}`;

/** The sweep whose batch has this id; null for any other workflow. Names of sweeps have no slash. */
export function sweepOfBatch(workflowId: string): string | null {
  return /^batch\/([^/]+)\/\d+-\d+$/.exec(workflowId)?.[1] ?? null;
}
