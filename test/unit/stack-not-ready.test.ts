import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig, markOf, type ServiceRecord } from '../../services/config/index.ts';
import { EXIT, exitCodeOf } from '../../services/edge/index.ts';
import { up } from '../../services/local-stack/index.ts';
import { writeStackRecord } from '../../services/local-stack/write-record.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const dir = mkdtempSync(join(tmpdir(), 'lsweep-not-ready-'));
after(() => rmSync(dir, { recursive: true, force: true }));

const service = (name: string, state: ServiceRecord['state']): ServiceRecord => ({
  name,
  state,
  process: null,
  port: null,
  startedAtMs: null,
  restarts: 0,
  lastExit: null,
  log: `${name}.log`,
});

test('a stack that is not ready in time names the services that are not, and no other', async () => {
  const config = loadConfig({ dir, environment: {} });
  writeStackRecord(config.stateDir, {
    version: 1,
    // this process stands for a supervisor that lives
    supervisor: markOf(process.pid),
    failure: null,
    configHash: '',
    postgresUrl: null,
    readerUrl: null,
    temporalAddress: null,
    temporalUiUrl: null,
    registryAddresses: [],
    services: [service('postgres', 'ready'), service('temporal', 'starting'), service('orchestrator', 'waiting')],
  });
  await assert.rejects(up(config, { timeoutMs: 1 }), (error) => {
    assert.ok(error instanceof LatentSweepError);
    assert.equal(error.code, 'STACK_NOT_READY');
    assert.match(error.message, /not ready after 0 s \(temporal starting, orchestrator waiting\)$/);
    assert.equal(exitCodeOf(error.code), EXIT.unreachable);
    return true;
  });
});

test('a stack whose services go on changing is waited for, longer than its patience', async () => {
  const config = loadConfig({ dir: join(dir, 'slow'), environment: {} });
  const write = (restarts: number, state: ServiceRecord['state']): void =>
    writeStackRecord(config.stateDir, {
      ...{ version: 1, supervisor: markOf(process.pid), failure: null, configHash: '', registryAddresses: [] },
      ...{ postgresUrl: null, readerUrl: null, temporalAddress: null, temporalUiUrl: null },
      services: [{ ...service('temporal', state), restarts }],
    });
  write(0, 'starting');
  let changes = 0;
  // the patience is four looks, and every look finds a change
  const { record } = await up(config, {
    timeoutMs: 200,
    onChange: () => {
      changes += 1;
      if (changes < 20) write(changes, 'starting');
      else write(changes, 'ready');
    },
  });
  assert.equal(record.services[0]?.state, 'ready');
});
