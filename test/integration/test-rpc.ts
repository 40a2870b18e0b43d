// What connections between orchestrators and nodes of tests are made with: one secret, that children of a test know too.

import type { OrchestratorOptions } from '../../services/orchestrator/index.ts';
import { connectWorker, serveRegistry } from '../../services/rpc/index.ts';

export const TEST_RPC = { secret: 'secret-of-the-tests-and-of-no-other-use' } as const;

/** Of an orchestrator. */
export const TEST_TRANSPORT: Pick<OrchestratorOptions, 'connectWorker' | 'serveRegistry'> = {
  connectWorker: (address) => connectWorker(address, TEST_RPC),
  serveRegistry: (implementation, address) => serveRegistry(implementation, address, TEST_RPC),
};
