// The sweep files that people copy: each can be planned, and each CPU twin runs from its first phase to its last, shrunk to a few steps of a
// model of width 16, one trial for each of its systems and tasks.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pipelineOf } from '../../services/study/plan/pipeline.ts';
import { countTrials, planSweepFile } from '../../services/study/plan/plan-sweep-file.ts';
import type { TrialSettings } from '../../services/study/settings/settings.ts';
import { type ReadSweepFile, readSweepFile } from '../../services/sweep-file/index.ts';
import type { TrainerEvent } from '../../services/trainer/jobs/protocol.ts';
import { WarmState } from '../../services/trainer/phases/index.ts';
import { runTrialInProcess } from './run-trial-in-process.ts';

const FOLDER = join(import.meta.dirname, '../../infra/sweeps');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
/** Plans of the full files are checked cell by cell up to here. */
const CHECKED_CELLS = 400;

const folder = mkdtempSync(join(tmpdir(), 'sweep-files-'));
const warm = new WarmState();
const done = new Map<string, readonly TrainerEvent[]>();
after(() => {
  warm.releaseEngines();
  rmSync(folder, { recursive: true });
});

/** Data that people bring may be missing, as for `lsweep plan`. */
const sweepFile = (name: string): ReadSweepFile => readSweepFile(join(FOLDER, name), () => undefined);

describe('every sweep file', () => {
  for (const file of FILES) {
    test(`${file} can be planned and is named after itself`, () => {
      const { name, spec, cells } = sweepFile(file);
      const plan = planSweepFile(spec);
      assert.equal(`${name}.yaml`, file);
      assert.equal(countTrials(spec), cells);
      assert.ok(plan.size >= cells);
      for (let index = 0; index < Math.min(plan.size, CHECKED_CELLS); index++)
        assert.ok(plan.cell(index).totalStepsByPhase.every((steps) => steps > 0));
    });
  }

  test('opens with the question it answers, the answer to expect and how to read it', () => {
    for (const file of FILES.filter((name) => !['countdown-smoke.yaml', 'quickstart.yaml'].includes(name))) {
      const text = readFileSync(join(FOLDER, file), 'utf8');
      for (const part of ['# Question: ', '# Expected', 'How to read it: '])
        assert.ok(text.includes(part), `${file}: ${part}`);
    }
  });

  test('each file for a fleet has a CPU twin with systems of its own', () => {
    const names = new Set(FILES);
    for (const file of FILES) {
      if (file.endsWith('-cpu.yaml') || ['countdown-smoke.yaml', 'quickstart.yaml', 'first-sweep.yaml'].includes(file))
        continue;
      const twin = file.replace('.yaml', '-cpu.yaml');
      assert.ok(names.has(twin), `${twin} is missing`);
      const systems = (name: string): ReadonlySet<string> => systemsOf(planSweepFile(sweepFile(name).spec));
      for (const system of systems(twin)) assert.ok(systems(file).has(system), `${file} has no ${system}`);
    }
  });
});

describe('every CPU twin runs at a micro size', () => {
  for (const file of FILES.filter((name) => name.endsWith('-cpu.yaml'))) {
    test(file, async () => {
      const { spec } = sweepFile(file);
      const plan = planSweepFile(spec);
      const seen = new Set<string>();
      for (let index = 0; index < plan.size; index++) {
        const { settings, system, task } = plan.cell(index);
        if (seen.has(`${system} ${task}`)) continue;
        seen.add(`${system} ${task}`);
        const trial = pipelineOf(micro(settings), spec.files);
        await runTrialInProcess(trial, warm, folder, done);
        const ends = trial.phases.map(({ key }) => done.get(key)?.at(-1)?.kind);
        assert.deepEqual(
          ends,
          trial.phases.map(() => 'completed'),
          `${system} on ${task}`,
        );
      }
    });
  }
});

function systemsOf(plan: ReturnType<typeof planSweepFile>): ReadonlySet<string> {
  return new Set(Array.from({ length: plan.size }, (_, index) => plan.cell(index).system));
}

/** The same trial with the same phases, layers, channel and curriculum, and next to nothing to compute. */
function micro(settings: TrialSettings): TrialSettings {
  const { model, task, base, pretrain, train, evaluate, analyse } = settings;
  assert.ok('layers' in model);
  const small = { train: 40, valid: 4, test: 8 };
  return {
    ...settings,
    model: { ...model, width: 16, heads: 2 },
    task: task.name === 'corpus' ? { ...task, tokens: 4_000, valid: 4, test: 4 } : { ...task, ...small },
    base: base === null ? null : { ...base, steps: 1, batch: 4 },
    pretrain: pretrain === null ? null : { ...pretrain, steps: 1, batch: 2 },
    train: train === null ? null : { ...train, stepsPerStage: 1, epochsPerStage: null, batch: 4 },
    evaluate: { ...evaluate, items: 4, batch: 4, maxNewTokens: 3 },
    analyse: analyse === null ? null : { ...analyse, items: 8, batch: 8, silhouetteItems: 8 },
  };
}
