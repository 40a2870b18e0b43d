// An orchestrator in a process of its own. Arguments: Temporal address, namespace, registry address, Postgres url, and `default` for the fleet's
// default times.

import { randomUUID } from 'node:crypto';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import pino from 'pino';
import { DEFAULT_FLEET_TIMES, startOrchestrator } from '../../services/orchestrator/index.ts';
import { openStore } from '../../services/store/index.ts';
import { TEST_TIMES } from './fleet-times.ts';
import { planScripted } from './scripted-sweep.ts';
import { TEST_TRANSPORT } from './test-rpc.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });
const [address = '', namespace = '', registryAddress = '', url = '', times = 'test'] = process.argv.slice(2);
const replicaId = randomUUID();
const store = openStore({ url });
const orchestrator = await startOrchestrator({
  store,
  temporal: { address, namespace },
  replicaId,
  registryAddress,
  planSweep: planScripted,
  ...TEST_TRANSPORT,
  times: times === 'default' ? DEFAULT_FLEET_TIMES : TEST_TIMES,
  log: pino({ level: process.env['LSWEEP_TEST_LOG'] ?? 'silent' }),
});
process.on(
  'SIGTERM',
  () =>
    void orchestrator
      .stop()
      .then(() => store.close())
      .then(() => process.exit(0)),
);
process.on('disconnect', () => process.exit(1));
process.send?.(replicaId);
