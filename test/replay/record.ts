// Records histories of sweeps and batches against a real server into test/replay/histories/RELEASE:
// `node --import tsx test/replay/record.ts RELEASE`. Run it when workflow code changes on purpose, for a release of its own; the histories of
// earlier releases stay as they are, since their sweeps may still be running.

import { mkdirSync, writeFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { sweepWorkflowId } from '../../workflows/domain/workflow-ids.ts';
import { stateOf } from '../integration/phases-on-record.ts';
import { sharedBaseSpec } from '../integration/scripted-sweep.ts';
import { openStoreBench } from '../integration/store-bench.ts';
import { until } from '../integration/until.ts';

const [release] = process.argv.slice(2);
if (release === undefined || !/^\d+\.\d+$/.test(release)) throw new Error('which release? such as 0.2');
const folder = new URL(`./histories/${release}/`, import.meta.url);
mkdirSync(folder, { recursive: true });
const { fixture, bench, close } = await openStoreBench();
await bench.orchestrator();
await bench.worker('node-recording', 4);

async function save(workflowId: string, name: string): Promise<void> {
  const history = await bench.client.workflow.getHandle(workflowId).fetchHistory();
  // historyToJSON answers text
  writeFileSync(new URL(`${name}.json`, folder), historyToJSON(history));
  console.log(`${name}: ${history.events?.length ?? 0} events of ${workflowId}`);
}

await bench.start('plain', sharedBaseSpec(8, { steps: 3, stepMs: 10 }, 'plain'));
await bench.result('plain');
await save(sweepWorkflowId('plain'), 'sweep-plain');
await save('batch/plain/0-8', 'batch-plain');

await bench.start('commanded', sharedBaseSpec(8, { steps: 10, stepMs: 40 }, 'commanded'));
await until('finetunes run', async () => (await stateOf(fixture, 'commanded-base')) === 'finished');
await bench.commands.pause('commanded');
const longer = sharedBaseSpec(11, { steps: 10, stepMs: 40 }, 'commanded');
const file = {
  name: 'commanded',
  spec: longer,
  specHash: JSON.stringify(longer),
  cells: 11,
  priority: 3,
  weight: 1,
  width: null,
};
await bench.commands.extend(file);
await bench.commands.resume('commanded');
await bench.commands.set('commanded', { width: 2 });
await bench.commands.set('commanded', { priority: 2, width: null });
await bench.result('commanded');
await save(sweepWorkflowId('commanded'), 'sweep-commanded');
await save('batch/commanded/0-8', 'batch-commanded');

const failAt = { step: 2, code: 'INTERNAL', failure: 'code_error', failures: 2 };
const failing = {
  trials: [
    [{ name: 'failing-one', steps: 4, stepMs: 10, failAt }],
    [{ name: 'failing-two', steps: 60, stepMs: 50 }],
    [{ name: 'failing-three', steps: 4, stepMs: 10, failAt: { ...failAt, failures: 1 } }],
  ],
};
await bench.start('failing', failing);
await until('one has failed for good', async () => (await stateOf(fixture, 'failing-one')) === 'failed');
await bench.commands.retryFailed('failing');
await bench.result('failing');
await save(sweepWorkflowId('failing'), 'sweep-retried');
await save('batch/failing/0-3', 'batch-retried');

await bench.start('cancelled', sharedBaseSpec(6, { steps: 100, stepMs: 30 }, 'cancelled'));
await until('finetunes run', async () => (await stateOf(fixture, 'cancelled-base')) === 'finished');
await bench.commands.cancel('cancelled');
await bench.result('cancelled');
await save(sweepWorkflowId('cancelled'), 'sweep-cancelled');
await save('batch/cancelled/0-6', 'batch-cancelled');

// failures with the sweep's own budgets, and a phase that waits for a node that is large enough
const soon = { attempts: 3, backoffMs: 20, maxBackoffMs: 40 };
const oom = { step: 2, code: 'OUT_OF_MEMORY', failure: 'out_of_memory', failures: 2 };
const poison = { step: 1, code: 'TRAINER_CRASHED', failure: 'worker_crash', failures: 99 };
await bench.start('budgeted', {
  retries: { out_of_memory: soon, worker_crash: soon },
  trials: [
    [{ name: 'budgeted-oom', steps: 4, stepMs: 10, failAt: oom }],
    [{ name: 'budgeted-poison', steps: 4, stepMs: 10, failAt: poison }],
    [{ name: 'budgeted-good', steps: 4, stepMs: 10 }],
  ],
});
await bench.result('budgeted');
await save(sweepWorkflowId('budgeted'), 'sweep-budgeted');
await save('batch/budgeted/0-3', 'batch-budgeted');

for (const one of bench.workers) await one.die();
await bench.worker('node-small', 1, undefined, 1e9);
await bench.start('large', { resources: { memoryMb: 2_000 }, trials: [[{ name: 'large', steps: 3, stepMs: 10 }]] });
const waits = "select from study.phases where sweep = 'large' and waits_for is not null";
await until('it waits for a node', async () => (await fixture.rows(waits)).length === 1);
await bench.worker('node-large', 1, undefined, 4e9);
await bench.result('large');
await save(sweepWorkflowId('large'), 'sweep-large');
await save('batch/large/0-1', 'batch-large');

await close();
process.exit(0);
