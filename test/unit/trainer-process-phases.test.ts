// The real trainer process on a tiny model: base -> finetune -> evaluate, and the promise that where a run is cut, stopped or killed
// changes no metric row, no item and no bit of the weights.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { LocalCheckpoint, PhaseJob, TrainerEvent } from '../../services/trainer/index.ts';
import type { PhaseConfig } from '../../workflows/domain/phases.ts';
import { committed, job, type PhaseRun, tiny, TrainerChild } from './trainer-child.ts';

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
  const configs = { base: tiny.base(), finetune: tiny.finetune(), evaluate: tiny.evaluate() };
  const jobOf = (kind: keyof typeof configs, folder: string, rest: Partial<PhaseJob> = {}) =>
    job(folder, configs[kind], { parent: parentOf(kind), ...rest });

  test('says that it is ready, with its engine version', async () => {
    const ready = await trainer.until(({ kind }) => kind === 'ready');
    assert.ok(ready.kind === 'ready' && ready.pid === trainer.child.pid && ready.engineVersion !== '');
  });

  test('runs base, finetune and evaluate with one value per metric and step', async () => {
    const metrics = {
      base: ['grad_norm', 'learning_rate', 'loss_nats', 'targets'],
      finetune: ['grad_norm', 'learning_rate', 'loss_nats', 'targets'],
      evaluate: ['accuracy', 'string_match'],
    };
    for (const [kind, steps] of [
      ['base', 12],
      ['finetune', 12],
      ['evaluate', 6],
    ] as const) {
      const run = await trainer.run(jobOf(kind, trainer.folder));
      undisturbed.set(kind, run);
      const [started] = run.events;
      assert.ok(started?.kind === 'started' && started.step === 0 && started.totalSteps === steps);
      assert.equal(started.parameters > 0, kind !== 'evaluate');
      assert.equal(run.segments.length, steps);
      const { rows, items } = committed(run);
      assert.deepEqual([...new Set(rows.map(([key]) => key.split(' ')[0]))].sort(), metrics[kind]);
      assert.equal(rows.length, steps * metrics[kind].length);
      assert.ok(rows.every(([, value]) => Number.isFinite(value)));
      assert.equal(items.length, kind === 'evaluate' ? 12 : 0);
      assert.equal(run.checkpoint?.step, steps);
    }
    const { evaluation, capacityFloatsPerLatent, weightsSha256 } = undisturbed.get('evaluate')!.result;
    assert.equal(evaluation?.items, 12);
    assert.equal(capacityFloatsPerLatent, 16);
    assert.equal(weightsSha256, null);
    const items = undisturbed.get('evaluate')!.segments.flatMap((segment) => segment.items);
    assert.equal(items.filter(({ correct }) => correct).length, evaluation?.correct);
    assert.match(undisturbed.get('finetune')!.result.weightsSha256 ?? '', /^[0-9a-f]{64}$/);
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
    const { weightsSha256, evaluation } = runs.at(-1)!.result;
    assert.equal(weightsSha256, whole.result.weightsSha256);
    assert.deepEqual(evaluation, whole.result.evaluation);
  };

  for (const kind of ['base', 'finetune', 'evaluate'] as const) {
    test(`${kind}: one long segment, in a warm process, gives the same rows and bits`, async () => {
      const run = await trainer.run(jobOf(kind, trainer.folder, { segmentMs: 1e9, checkpointMs: 1e9 }));
      assert.equal(run.segments.length, 1);
      assertSame(kind, run);
    });

    test(`${kind}: stopped with a checkpoint in the middle and resumed, likewise`, async () => {
      // segments without checkpoints until the stop asks for one
      const first = await trainer.run(jobOf(kind, trainer.folder, { checkpointMs: 1e9 }), (event) => {
        if (event.kind === 'segment' && event.toStep === 3) trainer.send({ kind: 'stop', mode: 'checkpoint' });
      });
      assert.ok(first.last?.kind === 'stopped' && first.last.step === first.checkpoint?.step && first.last.step >= 3);
      assert.equal(first.segments.filter(({ checkpoint }) => checkpoint !== null).length, 1);
      assert.ok(first.last.step < undisturbed.get(kind)!.segments.length, 'it stopped before the end');
      const second = await trainer.run(jobOf(kind, trainer.folder, { resume: first.checkpoint }));
      const [started] = second.events;
      assert.ok(started?.kind === 'started' && started.step === first.last.step);
      assertSame(kind, first, second);
    });

    test(`${kind}: stopped at once loses the open segment only, and resumes from an earlier checkpoint`, async () => {
      const early = undisturbed.get(kind)!.segments[1]?.checkpoint ?? null;
      const first = await trainer.run(jobOf(kind, trainer.folder, { resume: early }), (event) => {
        if (event.kind === 'segment' && event.toStep === 4) trainer.send({ kind: 'stop', mode: 'now' });
      });
      assert.ok(first.last?.kind === 'stopped' && first.last.step === first.segments.at(-1)?.toStep);
      const second = await trainer.run(jobOf(kind, trainer.folder, { resume: first.checkpoint }));
      const [one, two] = undisturbed.get(kind)!.segments;
      assertSame(kind, { events: [], last: undefined, segments: [one, two] } as unknown as PhaseRun, first, second);
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
        await assert.rejects(lost, /the trainer ended/);
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
