// train.select: a finetune ends with the weights of its best validation in the last stage, the earliest of equals, wherever it was cut.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { pipelineOf } from '../../services/study/plan/pipeline.ts';
import { trialSettingsSchema } from '../../services/study/settings/settings.ts';
import { weightsOf, weightsSha256 } from '../../services/trainer/checkpoints/index.ts';
import { TrainingEngine } from '../../services/trainer/engine/index.ts';
import { type PhaseJob, readCheckpoint } from '../../services/trainer/index.ts';
import { CheckpointChoice } from '../../services/trainer/phases/checkpoint-choice.ts';
import type { Batch } from '../../services/trainer/systems/index.ts';
import { committed, job, type PhaseRun, TrainerChild, tiny } from './trainer-child.ts';
import { RATES, smallConfig, wildWeights } from './trainer-small-engine.ts';

describe('the choice', () => {
  const LAST = 9;
  const AFTER = 3;
  const batch: Batch = { kind: 'curriculum', items: [{ question: [3, 4, 5], latents: 2, target: [7, 8] }] };
  let engine: TrainingEngine;
  before(() => {
    engine = new TrainingEngine(smallConfig('h1'));
  });
  after(() => engine.release());

  /** Trains to the last step; at each cut everything but the checkpoint is forgotten. */
  const train = (every: number, correctAt: readonly number[], cuts: ReadonlySet<number>) => {
    let step = 0;
    const countCorrect = () => correctAt[step] ?? 0;
    const candidates = { every, after: AFTER, last: LAST };
    let choice = new CheckpointChoice(candidates, engine, 10, countCorrect, new Map());
    const hashes: string[] = [];
    const evaluated: number[] = [];
    engine.setWeights(wildWeights(engine.config, 3));
    while (step < LAST) {
      step++;
      engine.trainStep(batch, RATES, null);
      hashes[step] = weightsSha256(engine.weights());
      if (choice.after(step) !== null) evaluated.push(step);
      if (!cuts.has(step)) continue;
      const [state, selection] = [engine.state(), choice.state()];
      engine.setWeights(wildWeights(engine.config, 4));
      engine.setState(state);
      choice = new CheckpointChoice(candidates, engine, 10, countCorrect, selection);
    }
    return { evaluated, hashes, selected: choice.selected, final: weightsSha256(engine.weights()) };
  };

  test('is the earliest step with the most right answers, and its weights, cut anywhere', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.nat({ max: 10 }), { minLength: LAST + 1, maxLength: LAST + 1 }),
        fc.uniqueArray(fc.integer({ min: 1, max: LAST })),
        (every, correctAt, cuts) => {
          const run = train(every, correctAt, new Set(cuts));
          const steps = Array.from({ length: LAST - AFTER }, (_, index) => AFTER + 1 + index);
          const wanted = steps.filter((step) => (step - AFTER) % every === 0 || step === LAST);
          assert.deepEqual(run.evaluated, wanted);
          const most = Math.max(...wanted.map((step) => correctAt[step] ?? 0));
          const best = wanted.find((step) => correctAt[step] === most)!;
          assert.deepEqual(run.selected, { step: best, accuracy: most / 10, items: 10 });
          assert.equal(run.final, run.hashes[best]);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('a finetune that chooses', () => {
  const select = { every: 2, items: 6, maxNewTokens: 8 };
  const train = { stepsPerStage: 6, batch: 4, microbatch: 2, lr: 1e-3 };
  const config = tiny.finetune({ train: { ...train, select } });
  const candidates = [14, 16, 18];
  let trainer: TrainerChild;
  let whole: PhaseRun;
  before(async () => {
    trainer = new TrainerChild();
    whole = await trainer.run(job(trainer.folder, config));
  });
  after(() => trainer.dispose());
  const checkpointAt = (step: number) => whole.segments.find(({ toStep }) => toStep === step)!.checkpoint!;

  test('validates at the steps of its last stage and ends with the weights of the best', () => {
    const { rows } = committed(whole);
    const validations = new Map(rows.filter(([key]) => key.startsWith('validation_accuracy ')));
    assert.deepEqual(
      [...validations.keys()],
      candidates.map((step) => `validation_accuracy ${step}`),
    );
    const { selected, weightsSha256: final } = whole.result;
    const best = Math.max(...validations.values());
    const first = candidates.find((step) => validations.get(`validation_accuracy ${step}`) === best);
    assert.deepEqual(selected, { step: first, accuracy: best, items: 6 });
    assert.equal(final, weightsSha256(weightsOf(readCheckpoint(checkpointAt(selected.step)).tensors)));
    assert.equal(final, weightsSha256(weightsOf(readCheckpoint(whole.checkpoint!).tensors)));
  });

  test('resumed by a fresh process after any step from the last stage on, chooses the same with the same rows and bits', async () => {
    const fresh = new TrainerChild();
    try {
      for (let step = 12; step <= 18; step++) {
        const rest = await fresh.run(job(fresh.folder, config, { resume: checkpointAt(step) }));
        const before = { segments: whole.segments.filter(({ toStep }) => toStep <= step) } as unknown as PhaseRun;
        assert.deepEqual(committed(before, rest), committed(whole), `cut after step ${step}`);
        assert.deepEqual(rest.result, whole.result, `cut after step ${step}`);
      }
    } finally {
      await fresh.dispose();
    }
  });

  test('is what an evaluation gets', async () => {
    const parent: PhaseJob['parent'] = whole.checkpoint;
    const { result } = await trainer.run(job(trainer.folder, tiny.evaluate(), { parent }));
    assert.equal(result.evaluation?.items, 12);
  });

  test('trains the same steps as one that keeps its final weights', async () => {
    const plain = await trainer.run(job(trainer.folder, tiny.finetune({ train })));
    const rowsOf = (run: PhaseRun) => committed(run).rows.filter(([key]) => !key.startsWith('validation_accuracy '));
    assert.deepEqual(rowsOf(whole), rowsOf(plain));
    assert.equal(plain.result.selected, undefined);
  });

  test('whose validation questions have no room fails before its first step', async () => {
    const long = tiny.finetune({ train: { ...train, select: { ...select, maxNewTokens: 64 } } });
    const { last } = await trainer.run(job(trainer.folder, long));
    assert.ok(last?.kind === 'failed' && last.code === 'CONTEXT_EXCEEDED' && last.sentence.includes('valid item'));
  });
});

describe('the identity of a trial', () => {
  const keyOf = (select: object | null | undefined) => {
    const train = { stepsPerStage: 4, ...(select === undefined ? {} : { select }) };
    return pipelineOf(
      trialSettingsSchema.parse({
        model: { family: 'gpt2', layers: 1, width: 16, heads: 2, context: 64 },
        task: { name: 'countdown', valid: 20 },
        ...{ base: { steps: 2 }, train, system: 'h2', latents: 4, seed: 0 },
      }),
    );
  };

  test('knows nothing of a choice that nobody asked for', () => {
    const finetune = keyOf(null).phases.find(({ config }) => config.kind === 'finetune')!;
    assert.ok(finetune.config.kind === 'finetune' && !('select' in finetune.config.train));
    assert.equal(keyOf(null).key, keyOf(undefined).key);
  });

  test('is another with a choice, and the same for every number of questions beyond the split', () => {
    assert.notEqual(keyOf({ every: 2, items: 20 }).key, keyOf(null).key);
    assert.equal(keyOf({ every: 2, items: 500 }).key, keyOf({ every: 2, items: 20 }).key);
    assert.notEqual(keyOf({ every: 2, items: 10 }).key, keyOf({ every: 2, items: 20 }).key);
  });
});
