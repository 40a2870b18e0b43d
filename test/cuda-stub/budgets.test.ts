// What one optimizer step, one evaluation and one decoding cost on the device, against committed budgets (budgets.json). A graph that
// needs more launches, copies or waits than before fails here; LSWEEP_WRITE_BUDGETS=1 writes what is measured.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TrainingEngine } from '../../services/trainer/engine/index.ts';
import { RATES, wildWeights } from '../unit/trainer-small-engine.ts';
import { CASES, curriculumBatch } from './cases.ts';
import { type Counts, countsOf } from './counters.ts';

const BUDGETED = [
  'launches',
  'memsets',
  'syncs',
  'uploads',
  'uploadBytes',
  'kernelUploads',
  'kernelUploadBytes',
  'downloads',
  'downloadBytes',
  'deviceCopies',
  'deviceCopyBytes',
] as const;
type Budget = Readonly<Record<(typeof BUDGETED)[number], number>>;
type Work = 'step' | 'accumulatedStep' | 'evaluation' | 'decoding';

const FILE = fileURLToPath(new URL('budgets.json', import.meta.url));
const isWriting = process.env['LSWEEP_WRITE_BUDGETS'] === '1';
const budgets = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, Record<Work, Budget>>;
const measured: Record<string, Record<string, Budget>> = {};
after(() => {
  if (isWriting) writeFileSync(FILE, `${JSON.stringify(measured, null, 2)}\n`);
});

const ITEMS = 4;
const TOKENS = 4;

function checkBudget(name: string, work: Work, counts: Counts): void {
  const used = Object.fromEntries(BUDGETED.map((field) => [field, counts[field]])) as Budget;
  measured[name] = { ...measured[name], [work]: used };
  if (isWriting) return;
  const budget = budgets[name]?.[work];
  assert.ok(budget, `no budget for ${work} of ${name}; run with LSWEEP_WRITE_BUDGETS=1 and look at the difference`);
  for (const field of BUDGETED)
    assert.ok(used[field] <= budget[field], `${work}: ${used[field]} ${field}, the budget is ${budget[field]}`);
}

describe('one step copies its batch up, its loss and norm down, and no state', () => {
  for (const { name, config } of CASES) {
    test(name, () => {
      const engine = new TrainingEngine(config);
      try {
        engine.setWeights(wildWeights(engine.config, 1));
        const batch = curriculumBatch(config);
        const stateBytes = [...engine.state().tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
        const measure = (work: Work, runs: number, run: () => void): Counts => {
          // sessions are made, and workspace is allocated, the first time
          run();
          const counts = countsOf(run);
          checkBudget(name, work, counts);
          // what kernels move among themselves is activations, and the zeros an embedding's gradient starts from
          assert.ok(
            counts.deviceCopyBytes < (runs * stateBytes) / 4,
            `${work} copies ${counts.deviceCopyBytes} of ${stateBytes}`,
          );
          assert.ok(counts.uploadBytes + counts.kernelUploadBytes < (runs * stateBytes) / 16, `${work} uploads`);
          assert.equal(counts.allocations, 0, `${work} allocates`);
          return counts;
        };

        const step = measure('step', 1, () => engine.trainStep(batch, RATES, null));
        assert.deepEqual(copies(step), { uploads: 2, downloads: 2, downloadBytes: 8 });
        const accumulated = measure('accumulatedStep', ITEMS, () => engine.trainStep(batch, RATES, 1));
        assert.deepEqual(copies(accumulated), {
          uploads: ITEMS + 1,
          downloads: ITEMS + 1,
          downloadBytes: 4 * (ITEMS + 1),
        });
        const evaluation = measure('evaluation', 1, () => engine.evaluateLoss(batch));
        assert.deepEqual(copies(evaluation), { uploads: 1, downloads: 1, downloadBytes: 4 });
        const items = [{ question: [1, 2, 3], latents: config.latents }];
        const decoding = measure('decoding', TOKENS, () => engine.generate(items, TOKENS, null));
        assert.deepEqual(copies(decoding), { uploads: TOKENS, downloads: TOKENS, downloadBytes: 8 * TOKENS });
      } finally {
        engine.release();
      }
    });
  }
});

const copies = ({ uploads, downloads, downloadBytes }: Counts) => ({ uploads, downloads, downloadBytes });
