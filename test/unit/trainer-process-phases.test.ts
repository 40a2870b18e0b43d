// The real trainer process on a tiny model: base -> finetune -> evaluate and analyse, and the promise that where a run is cut, stopped or killed
// changes no metric row, no item and no bit of the weights.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { PhaseConfig } from '../../services/study/settings/phases.ts';
import { latentGeometry } from '../../services/trainer/analyses/index.ts';
import {
  type LocalCheckpoint,
  type PhaseJob,
  readCheckpoint,
  type TrainerEvent,
} from '../../services/trainer/index.ts';
import { committed, job, type PhaseRun, TrainerChild, tiny } from './trainer-child.ts';

describe('the trainer process', () => {
  let trainer: TrainerChild;
  before(() => {
    trainer = new TrainerChild();
  });
  after(() => trainer.dispose());

  /** The undisturbed trial, one segment a step. */
  const undisturbed = new Map<PhaseConfig['kind'], PhaseRun>();
  const parentOf = (kind: PhaseConfig['kind']): LocalCheckpoint | null =>
    kind === 'base' ? null : (undisturbed.get(kind === 'finetune' ? 'base' : 'finetune')?.checkpoint ?? null);
  const configs = { base: tiny.base(), finetune: tiny.finetune(), evaluate: tiny.evaluate(), analyse: tiny.analyse() };
  const jobOf = (kind: keyof typeof configs, folder: string, rest: Partial<PhaseJob> = {}) =>
    job(folder, configs[kind], { parent: parentOf(kind), ...rest });

  test('says that it is ready, with its engine version', async () => {
    const ready = await trainer.until(({ kind }) => kind === 'ready');
    assert.ok(ready.kind === 'ready' && ready.pid === trainer.child.pid && ready.engineVersion !== '');
  });

  test('runs base, finetune, evaluate and analyse with one value per metric and step', async () => {
    const metrics = {
      base: ['grad_norm', 'learning_rate', 'loss_nats', 'targets'],
      finetune: ['grad_norm', 'learning_rate', 'loss_nats', 'targets'],
      evaluate: ['accuracy', 'string_match'],
      analyse: ['latent_norm'],
    };
    for (const [kind, steps] of [
      ['base', 12],
      ['finetune', 12],
      ['evaluate', 6],
      ['analyse', 6 + 4],
    ] as const) {
      const run = await trainer.run(jobOf(kind, trainer.folder));
      undisturbed.set(kind, run);
      const [started] = run.events;
      assert.ok(started?.kind === 'started' && started.step === 0 && started.totalSteps === steps);
      assert.equal(started.parameters > 0, kind === 'base' || kind === 'finetune');
      assert.equal(run.segments.length, steps);
      const { rows, items } = committed(run);
      assert.deepEqual([...new Set(rows.map(([key]) => key.split(' ')[0]))].sort(), metrics[kind]);
      assert.equal(rows.length, steps * metrics[kind].length);
      assert.ok(rows.every(([, value]) => Number.isFinite(value)));
      assert.equal(items.length, kind === 'evaluate' ? 12 : 0);
      assert.equal(run.checkpoint?.step, steps);
      const trains = kind === 'base' || kind === 'finetune';
      // of a tiny model on a busy machine: small, but measured
      assert.ok(run.segments.every(({ mfu }) => (trains ? mfu !== null && mfu > 0 && mfu < 1 : mfu === null)));
    }
    const { evaluation, capacityFloatsPerLatent, weightsSha256 } = undisturbed.get('evaluate')!.result;
    assert.equal(evaluation?.items, 12);
    assert.equal(capacityFloatsPerLatent, 16);
    assert.equal(weightsSha256, null);
    const items = undisturbed.get('evaluate')!.segments.flatMap((segment) => segment.items);
    assert.equal(items.filter(({ correct }) => correct).length, evaluation?.correct);
    assert.match(undisturbed.get('finetune')!.result.weightsSha256 ?? '', /^[0-9a-f]{64}$/);
  });

  test('tests its latents and looks at them', () => {
    const tested = undisturbed.get('evaluate')!.result.analyses;
    const labels = ['intact', 'mean', 'shuffle', 'swap', 'truncate:2', 'zero'];
    assert.deepEqual(
      tested.map(({ name, label }) => [name, label]),
      labels.flatMap((label) => [
        ['causal_accuracy', label],
        ['causal_loss', label],
      ]),
    );
    assert.equal(tested[0]?.value, undisturbed.get('evaluate')!.result.evaluation?.accuracy);
    assert.ok(tested.every(({ name, value }) => value >= 0 && (name === 'causal_loss' || value <= 1)));

    const seen = undisturbed.get('analyse')!;
    const z = readCheckpoint(seen.checkpoint!).tensors.get('z')!;
    assert.deepEqual(z.shape, [12, 4, 16]);
    const geometry = latentGeometry(
      { items: 12, slots: 4, width: 16, values: z.data },
      { threshold: 0.97, silhouetteItems: 8 },
    );
    assert.deepEqual(seen.result.analyses.slice(0, geometry.length), geometry);
    const attention = seen.result.analyses.slice(geometry.length);
    assert.deepEqual(
      attention.map(({ name, i }) => [name, i]),
      ['question', 'latents', 'target'].map((what) => [`attention_to_${what}`, 0]),
    );
    assert.ok(Math.abs(attention.reduce((sum, { value }) => sum + value, 0) - 1) < 1e-5);
  });

  test('the learning rate warms up and falls; the Base learns', () => {
    const values = (run: PhaseRun, name: string) =>
      run.segments.flatMap(({ metrics }) => metrics.filter((m) => m.name === name).flatMap((m) => m.values));
    const rates = values(undisturbed.get('base')!, 'learning_rate');
    assert.ok(Math.abs((rates[0] ?? 0) - 1e-3 / 3) < 1e-12 && rates[2] === 1e-3 && (rates[11] ?? 1) < 1e-4);
    const losses = values(undisturbed.get('base')!, 'loss_nats');
    assert.ok((losses[11] ?? 9) < (losses[0] ?? 0));
  });

  const assertSame = (kind: keyof typeof configs, ...runs: readonly PhaseRun[]) => {
    const whole = undisturbed.get(kind)!;
    assert.deepEqual(committed(...runs), committed(whole));
    const { weightsSha256, evaluation, analyses } = runs.at(-1)!.result;
    assert.equal(weightsSha256, whole.result.weightsSha256);
    assert.deepEqual(evaluation, whole.result.evaluation);
    assert.deepEqual(analyses, whole.result.analyses);
  };

  /** Asks for a stop after the second segment. Steps take milliseconds, so on a busy machine a phase may end first: then once more. */
  const stopMidway = async (kind: keyof typeof configs, mode: 'checkpoint' | 'now', rest: Partial<PhaseJob>) => {
    for (let tries = 0; tries < 50; tries++) {
      const run = await trainer.run(jobOf(kind, trainer.folder, rest), (event) => {
        if (event.kind === 'segment' && event.toStep === 2) trainer.send({ kind: 'stop', mode });
      });
      if (run.last?.kind === 'stopped') return { run, step: run.last.step };
    }
    throw new Error('no stop came in time');
  };

  for (const kind of ['base', 'finetune', 'evaluate', 'analyse'] as const) {
    test(`${kind}: one long segment, in a warm process, gives the same rows and bits`, async () => {
      const run = await trainer.run(jobOf(kind, trainer.folder, { segmentMs: 1e9, checkpointMs: 1e9 }));
      assert.equal(run.segments.length, 1);
      assertSame(kind, run);
    });

    test(`${kind}: stopped with a checkpoint in the middle and resumed, likewise`, async () => {
      // segments without checkpoints until the stop asks for one
      const first = await stopMidway(kind, 'checkpoint', { checkpointMs: 1e9 });
      assert.equal(first.step, first.run.checkpoint?.step);
      assert.equal(first.run.segments.filter(({ checkpoint }) => checkpoint !== null).length, 1);
      const second = await trainer.run(jobOf(kind, trainer.folder, { resume: first.run.checkpoint }));
      assert.deepEqual(second.events[0], { ...undisturbed.get(kind)!.events[0], step: first.step });
      assertSame(kind, first.run, second);
    });

    test(`${kind}: stopped at once and resumed from its last checkpoint, likewise`, async () => {
      const first = await stopMidway(kind, 'now', {});
      assert.equal(first.step, first.run.segments.at(-1)?.toStep);
      const second = await trainer.run(jobOf(kind, trainer.folder, { resume: first.run.checkpoint }));
      assertSame(kind, first.run, second);
    });

    test(`${kind}: killed in the middle and resumed by a fresh process, likewise`, async () => {
      const victim = new TrainerChild();
      try {
        const events: TrainerEvent[] = [];
        const lost = victim.run(jobOf(kind, trainer.folder), (event) => {
          if (events.some((seen) => seen.kind === 'segment' && seen.toStep === 4)) return;
          events.push(event);
          if (event.kind === 'segment' && event.toStep === 4) victim.child.kill('SIGKILL');
        });
        // the phase may have ended before the signal came; what was committed up to step 4 is all that counts below
        await Promise.allSettled([lost]);
        await victim.exited();
        assert.equal(victim.child.signalCode, 'SIGKILL');
        const before = { segments: events.filter((event) => event.kind === 'segment') } as unknown as PhaseRun;
        const resume = before.segments.at(-1)?.checkpoint ?? null;
        assert.equal(resume?.step, 4);
        const rest = await trainer.run(jobOf(kind, trainer.folder, { resume }));
        assertSame(kind, before, rest);
      } finally {
        await victim.dispose();
      }
    });

    test(`${kind}: resumed at its end it completes with the same result`, async () => {
      const whole = undisturbed.get(kind)!;
      const run = await trainer.run(jobOf(kind, trainer.folder, { resume: whole.checkpoint }));
      assert.deepEqual(
        run.events.map(({ kind }) => kind),
        ['started', 'completed'],
      );
      assert.deepEqual(run.result, whole.result);
    });
  }

  test('another seed gives other numbers', async () => {
    const run = await trainer.run(job(trainer.folder, tiny.finetune({ seed: 2 }), { parent: parentOf('finetune') }));
    assert.notEqual(run.result.weightsSha256, undisturbed.get('finetune')!.result.weightsSha256);
  });
});
