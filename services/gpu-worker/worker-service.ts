// WorkerService (proto/latentsweep/worker/v1) in terms of the node's attempts.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type Node, StopMode, type WorkerServiceImplementation } from '../gen/latentsweep/worker/v1/worker.ts';
import type { NodeAttempts } from './node-attempts.ts';

/** @param node known only once the server listens */
export function workerService(node: () => Node | undefined, attempts: NodeAttempts): WorkerServiceImplementation {
  return {
    describeNode: async () => ({ node: node(), attempts: attempts.reports() }),
    runPhase: (request, context) => attempts.run(request).follow(request.afterSeq, context.signal),
    acknowledge: async ({ phaseKey, attempt, seq }) => {
      await attempts.acknowledge(phaseKey, attempt, seq);
      return {};
    },
    stopPhase: async ({ phaseKey, attempt, mode }) => ({
      wasRunning: attempts.stop(phaseKey, attempt, stopMode(mode)),
    }),
  };
}

function stopMode(mode: StopMode): 'checkpoint' | 'now' {
  switch (mode) {
    case StopMode.CHECKPOINT:
      return 'checkpoint';
    case StopMode.NOW:
      return 'now';
    case StopMode.UNSPECIFIED:
      throw new LatentSweepError(
        'CONFIG_INVALID',
        'mode is unspecified; allowed are STOP_MODE_CHECKPOINT and STOP_MODE_NOW',
        {
          key: 'mode',
        },
      );
  }
}
