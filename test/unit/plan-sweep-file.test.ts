// Planning: cells are pure functions of (spec, index), phases are shared, identities do not depend on how a file is written.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlanSweep } from '../../services/orchestrator/planner.ts';
import { planSweepFile } from '../../services/study/plan/plan-sweep-file.ts';
import type { SweepSpec } from '../../services/study/plan/sweep-spec.ts';
import { phaseConfigSchema } from '../../services/study/settings/phases.ts';
import { specOf } from './sweep-spec-of.ts';

// the orchestrator takes the domain's planner as it is
const plan = planSweepFile satisfies PlanSweep;

const cellsOf = (spec: SweepSpec) => {
  const planned = plan(spec);
  return Array.from({ length: planned.size }, (_, index) => planned.cell(index));
};

test('eight cells over one Base share one base phase and no other', () => {
  const cells = cellsOf(specOf({}));
  assert.equal(cells.length, 8);
  assert.equal(new Set(cells.map((cell) => cell.trial.key)).size, 8);
  const [bases, finetunes, evaluations] = [0, 1, 2].map((i) => new Set(cells.map((cell) => cell.trial.phases[i]?.key)));
  assert.deepEqual([bases?.size, finetunes?.size, evaluations?.size], [1, 8, 8]);
  for (const { trial } of cells) {
    assert.deepEqual(
      trial.phases.map((phase) => [phase.config.kind, phase.parent]),
      [
        ['base', null],
        ['finetune', trial.phases[0]?.key],
        ['evaluate', trial.phases[1]?.key],
      ],
    );
    for (const { config } of trial.phases) assert.deepEqual(phaseConfigSchema.parse(config), config);
  }
});

test('a cell carries what the study views show', () => {
  const cell = plan(specOf({})).cell(4);
  assert.deepEqual(
    [
      cell.system,
      cell.task,
      cell.latents,
      cell.channel,
      cell.capacityFloatsPerLatent,
      cell.seed,
      cell.totalStepsByPhase,
    ],
    ['h1', 'countdown', 2, 'kv:all', 64, 0, [20, 10, 32]],
  );
  assert.deepEqual(cell.point, { system: 'h1', latents: 2 });
});

test('a hundred thousand cells are planned one at a time, each alike at any time', () => {
  const spec = specOf({
    axes: [
      { path: 'system', values: ['soft_embeddings', 'liu', 'h1', 'h2'] },
      { path: 'latents', values: [2, 4, 6, 8, 10] },
      { path: 'train.lr', values: Array.from({ length: 100 }, (_, i) => (i + 1) * 1e-5) },
    ],
    seeds: Array.from({ length: 50 }, (_, seed) => seed),
  });
  const planned = plan(spec);
  assert.equal(planned.size, 100_000);
  const indices = [0, 1, 1_999, 2_000, 99_999];
  const keys = indices.map((index) => planned.cell(index).trial.key);
  const again = indices.toReversed().map((index) => plan(spec).cell(index).trial.key);
  assert.deepEqual(again.toReversed(), keys);
  assert.equal(new Set(keys).size, keys.length);
});
