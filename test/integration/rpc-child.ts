// A worker service in a process of its own whose streams say one thing and stay open.

import { once } from 'node:events';
import { serveWorker } from '../../services/rpc/index.ts';
import { TEST_RPC } from './test-rpc.ts';

const server = await serveWorker(
  {
    describeNode: async () => ({ attempts: [] }),
    acknowledge: async () => ({}),
    stopPhase: async () => ({ wasRunning: false }),
    runPhase: async function* (_request, context) {
      yield { seq: 1n };
      await once(context.signal, 'abort');
    },
  },
  '127.0.0.1:0',
  TEST_RPC,
);
process.on('disconnect', () => process.exit(0));
process.send?.(server.address);
