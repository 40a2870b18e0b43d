// The workflow bundle between starts, and how long its code may take.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { noopMetricMeter } from '@temporalio/common';
import { DefaultLogger } from '@temporalio/worker';
import { compileWorkerOptions } from '@temporalio/worker/lib/worker-options.js';
import { workflowBundle } from '../../services/orchestrator/workflow-bundle.ts';
import { WORKFLOW_TASK_LIMIT } from '../../services/orchestrator/workflow-task-limit.ts';

const cache = mkdtempSync(join(tmpdir(), 'workflow-bundle-'));
after(() => rmSync(cache, { recursive: true, force: true }));
const log = { info: assert.fail };

test('is made once and kept whole under the hash of its sources', async () => {
  const made = await workflowBundle(log, cache);
  const kept = await workflowBundle(log, cache);
  assert.ok('code' in made && 'codePath' in kept);
  assert.equal(readFileSync(kept.codePath, 'utf8'), made.code);
  assert.equal(readdirSync(join(cache, 'workflow-bundles')).length, 1, 'no half-written file stays');
});

test('a turn of workflow code on a full machine is not cut off after seconds, as this version of the SDK would', () => {
  const compiled = (options: object): number =>
    compileWorkerOptions({ taskQueue: 'q', ...options }, new DefaultLogger('ERROR'), noopMetricMeter)
      .isolateExecutionTimeoutMs;
  assert.equal(compiled({}), 5_000);
  assert.equal(compiled(WORKFLOW_TASK_LIMIT), 600_000);
});
