import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configText } from '../../services/cli/render/config-table.ts';
import { StackProgress } from '../../services/cli/render/stack-progress.ts';
import { stackStatusText } from '../../services/cli/render/stack-status.ts';
import { loadConfig, type ServiceRecord, type StackRecord } from '../../services/config/index.ts';
import type { StackStatus } from '../../services/local-stack/index.ts';

const service = (over: Partial<ServiceRecord>): ServiceRecord => ({
  name: 'postgres',
  state: 'ready',
  process: null,
  port: 5001,
  startedAtMs: null,
  restarts: 0,
  lastExit: null,
  log: '/logs/postgres.log',
  ...over,
});
const record = (...services: readonly ServiceRecord[]): StackRecord => ({
  version: 1,
  supervisor: null,
  failure: null,
  configHash: '',
  postgresUrl: null,
  readerUrl: null,
  temporalAddress: null,
  temporalUiUrl: null,
  registryAddresses: [],
  services,
});

test('a start tells each change once, a crash with the log to read, and nothing that was so before', () => {
  const said: string[] = [];
  const progress = new StackProgress((text) => void said.push(text));
  progress.show(record(service({ name: 'temporal' }), service({ state: 'waiting' })));
  progress.show(record(service({ name: 'temporal' }), service({ state: 'starting' })));
  progress.show(record(service({ name: 'temporal' }), service({ state: 'starting' })));
  progress.show(
    record(service({ name: 'temporal' }), service({ state: 'restarting', restarts: 1, lastExit: 'exit 1' })),
  );
  progress.show(record(service({ name: 'temporal' }), service({ state: 'ready', restarts: 1 })));
  assert.equal(said.length, 3);
  assert.match(said[0] ?? '', /postgres +starting \(the first time it makes its data/);
  assert.match(said[1] ?? '', /postgres +restarting \(ended with exit 1; log: \/logs\/postgres\.log\)/);
  assert.match(said[2] ?? '', /postgres +ready \(port 5001\)/);
});

test('the status names the state, what runs for how long, and why a start was given up', () => {
  const status: StackStatus = {
    state: 'partly',
    stateDir: '/here/.lsweep',
    temporalUiUrl: 'http://127.0.0.1:8233',
    failure: 'postgres does not start',
    services: [{ ...service({ startedAtMs: 1_000, restarts: 2, lastExit: 'SIGKILL' }), state: 'ready', pid: 77 }],
  };
  const text = stackStatusText(status, { kind: 'not_asked' }, 1_000 + 3_725_000);
  assert.match(text, /not complete yet \(\/here\/\.lsweep\)/);
  assert.match(text, /postgres +77 +ready +5001 +1 h 2 min +2 +SIGKILL +\/logs\/postgres\.log/);
  assert.match(text, /given up: postgres does not start/);
});

test('the status names the nodes in quarantine and why, or why the nodes are not known', () => {
  const status: StackStatus = { state: 'up', stateDir: '/x', temporalUiUrl: null, failure: null, services: [] };
  const node = {
    ...{ node: 'node-sick', connected: true, slots: 2, busy: 0, places: [], quarantined: true },
    quarantine_reason: '3 phases failed here (timeout) and went on elsewhere',
    ...{ canary_at: new Date(61_000), last_event: null, last_event_at: null },
  };
  const trusted = { ...node, node: 'node-good', quarantined: false };
  assert.match(
    stackStatusText(status, { kind: 'known', quarantined: [node, trusted] }, 1_000),
    /\n\nnode-sick is in quarantine: 3 phases failed here \(timeout\) and went on elsewhere; it may try itself in 1 min 00 s$/,
  );
  assert.equal(stackStatusText(status, { kind: 'known', quarantined: [] }, 1_000), 'The local stack is up (/x).');
  const unknown = stackStatusText(status, { kind: 'unknown', reason: 'STORE_UNREACHABLE: gone' }, 1_000);
  assert.match(unknown, /The nodes are not known: STORE_UNREACHABLE: gone/);
});

test('the configuration is shown with its variables and without passwords', () => {
  const environment = { LSWEEP_POSTGRES_URL: 'postgres://me:hunter2@db/x', LSWEEP_WORKER_REGISTRIES: 'a:1,b:2' };
  const text = configText(loadConfig({ dir: '/', environment }));
  assert.match(text, /postgres\.url +postgres:\/\/me:\*\*\*@db\/x +LSWEEP_POSTGRES_URL/);
  assert.match(text, /worker\.registries +a:1, b:2 +LSWEEP_WORKER_REGISTRIES/);
  assert.match(text, /tls\.ca +null +LSWEEP_TLS_CA/);
  assert.ok(!text.includes('hunter2'));
});
