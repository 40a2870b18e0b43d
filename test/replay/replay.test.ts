import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { workflowBundle } from '../../services/orchestrator/workflow-bundle.ts';
import { WORKFLOW_TASK_LIMIT } from '../../services/orchestrator/workflow-task-limit.ts';

// No server: the recorded histories must fit the workflows as they are now. A history that no longer fits means that running sweeps
// would break at the next deployment: use patched(), or record anew (record.ts) when no such sweep can be running.

Runtime.install({ logger: new DefaultLogger('ERROR') });

const histories = fileURLToPath(new URL('./histories/', import.meta.url));
const workflows = fileURLToPath(new URL('../../workflows/', import.meta.url));
const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));
const releases = readdirSync(histories).sort();
const namesOf = (release: string): readonly string[] =>
  readdirSync(join(histories, release)).filter((name) => name.endsWith('.json'));
const silent = (): void => undefined;
const logger = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };
let bundle: WorkflowBundleOption;
let folder: string;

before(async () => {
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, 'replay-'));
  bundle = await workflowBundle(logger);
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function replay(code: WorkflowBundleOption, name: string): Promise<void> {
  const history: unknown = JSON.parse(readFileSync(join(histories, name), 'utf8'));
  await Worker.runReplayHistory({ workflowBundle: code, replayName: name, ...WORKFLOW_TASK_LIMIT }, history, name);
}

const FIRST = ['plain', 'commanded', 'retried', 'cancelled'];
const RECORDED: Readonly<Record<string, readonly string[]>> = { '0.1': FIRST, '0.2': [...FIRST, 'budgeted', 'large'] };

test('histories of every release are there: plain, commanded, retried and cancelled sweeps, and what each release brought', () => {
  assert.deepEqual(releases, Object.keys(RECORDED));
  for (const release of releases) {
    const expected = (RECORDED[release] ?? []).flatMap((one) => [`batch-${one}.json`, `sweep-${one}.json`]);
    assert.deepEqual([...namesOf(release)].sort(), expected.sort(), release);
  }
});

for (const release of releases)
  for (const name of namesOf(release)) test(`${name} of ${release} replays`, () => replay(bundle, join(release, name)));

test('a changed workflow is found out', async () => {
  cpSync(workflows, folder, { recursive: true });
  const path = join(folder, 'trial.ts');
  const text = readFileSync(path, 'utf8');
  const changed = text.replace(
    'for (const [i, phase]',
    "await (await import('@temporalio/workflow')).sleep(5);\n  for (const [i, phase]",
  );
  assert.notEqual(changed, text);
  writeFileSync(path, changed);
  const mutated = await bundleWorkflowCode({ workflowsPath: join(folder, 'index.ts'), logger });
  await assert.rejects(replay(mutated, join('0.1', 'batch-plain.json')), DeterminismViolationError);
});
