// Schedules, segments and their cuts with a scripted phase, and the checks before a slot is taken.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { checkPhaseConfig, type TrainerEvent } from '../../services/trainer/index.ts';
import { checkpointIntervalMs } from '../../services/trainer/phases/checkpoint-interval.ts';
import type { PhaseWork } from '../../services/trainer/phases/phase-work.ts';
import { runWork } from '../../services/trainer/phases/run-work.ts';
import { learningRatesAt, scheduleFactor } from '../../services/trainer/phases/schedule.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { tiny } from './trainer-child.ts';

const folder = mkdtempSync(join(tmpdir(), 'phase-'));
after(() => rmSync(folder, { recursive: true }));

describe('a schedule', () => {
  test('warms up linearly, then stays, or falls to nearly zero', () => {
    const factors = (schedule: 'constant' | 'linear' | 'cosine') =>
      Array.from({ length: 10 }, (_, i) => scheduleFactor({ schedule, warmupSteps: 2 }, i + 1, 10));
    assert.deepEqual(factors('constant'), [0.5, ...Array<number>(9).fill(1)]);
    assert.deepEqual(factors('linear'), [0.5, 1, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]);
    const cosine = factors('cosine');
    assert.equal(cosine[2], 1);
    assert.ok(Math.abs((cosine[6] ?? 0) - 0.5) < 1e-12 && (cosine[9] ?? 1) > 0 && (cosine[9] ?? 1) < 0.04);
  });

  test('is within 0 and 1 and never grows after the warm-up', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('constant' as const, 'linear' as const, 'cosine' as const),
        fc.nat({ max: 20 }),
        fc.integer({ min: 1, max: 60 }),
        (schedule, warmupSteps, total) => {
          const factors = Array.from({ length: total }, (_, i) =>
            scheduleFactor({ schedule, warmupSteps }, i + 1, total),
          );
          assert.ok(factors.every((factor) => factor > 0 && factor <= 1));
          const falling = factors.slice(warmupSteps);
          assert.ok(falling.every((factor, i) => i === 0 || factor <= (falling[i - 1] ?? 0)));
        },
      ),
    );
  });

  test('scales the rate of each group', () => {
    const lr = { base: 1, coprocessor: 2, soft: 4 };
    assert.deepEqual(learningRatesAt({ lr, schedule: 'constant', warmupSteps: 4 }, 1, 9), {
      base: 0.25,
      coprocessor: 0.5,
      soft: 1,
    });
  });
});

/** A phase whose every step takes 10 ms of a clock that only it moves. */
function scripted(totalSteps: number, startStep = 0, nanAt = Infinity) {
  let nowMs = 0;
  const ran: number[] = [];
  const work: PhaseWork = {
    startStep,
    totalSteps,
    parameters: 1,
    tokenizerHash: 'hash',
    peakFlopsPerSecond: 1_000,
    run(step) {
      nowMs += 10;
      ran.push(step);
      return {
        metrics: new Map([['m', step * step]]),
        items: [],
        tokens: 5,
        lossNats: step >= nanAt ? Number.NaN : 1,
        flops: 4,
      };
    },
    state: () => ({ updates: 0, tensors: new Map() }),
    result: () => ({ weightsSha256: null, capacityFloatsPerLatent: null, evaluation: null, analyses: [] }),
  };
  return { work, ran, nowMs: () => nowMs };
}

async function play(
  script: ReturnType<typeof scripted>,
  segmentMs: number,
  checkpointMs: number,
  stopAfter?: [number, 'checkpoint' | 'now'],
  checkpointBytesPerSecond: number | null = null,
) {
  const events: TrainerEvent[] = [];
  const workDir = mkdtempSync(join(folder, 'run-'));
  const playing = runWork(
    { phaseKey: 'key', workDir, segmentMs, checkpointMs, checkpointBytesPerSecond },
    script.work,
    {
      send: (event) => events.push(event),
      stopMode: () => (stopAfter !== undefined && script.ran.length >= stopAfter[0] ? stopAfter[1] : null),
      turn: () => Promise.resolve(),
      nowMs: script.nowMs,
    },
  );
  const failure = await playing.then(
    () => null,
    (error: unknown) => error,
  );
  const segments = events.flatMap((event) => (event.kind === 'segment' ? [event] : []));
  return { events, failure, segments };
}

describe('segments', () => {
  test('are cut by wall time, checkpoints when the last one is old enough, always at the end', async () => {
    const { segments, events } = await play(scripted(10), 30, 60);
    assert.deepEqual(
      segments.map(({ fromStep, toStep }) => [fromStep, toStep]),
      [
        [0, 3],
        [3, 6],
        [6, 9],
        [9, 10],
      ],
    );
    assert.deepEqual(
      segments.map(({ checkpoint }) => checkpoint?.step ?? null),
      [null, 6, null, 10],
    );
    assert.deepEqual(
      segments.map(({ deviceSeconds, tokens }) => [deviceSeconds, tokens]),
      [
        [0.03, 15],
        [0.03, 15],
        [0.03, 15],
        [0.01, 5],
      ],
    );
    // 4 operations in 10 ms on a device of 1,000 a second
    for (const { mfu } of segments) assert.ok(Math.abs((mfu ?? 0) - 0.4) < 1e-12);
    assert.deepEqual([events[0]?.kind, events.at(-1)?.kind], ['started', 'completed']);
  });

  test('have a checkpoint as often as its size allows, and the same rows', async () => {
    const stepsOf = async (bytesPerSecond: number | null): Promise<readonly (number | null)[]> => {
      const { segments } = await play(scripted(10), 10, 0, undefined, bytesPerSecond);
      assert.deepEqual(
        segments.flatMap(({ metrics }) => metrics.flatMap((one) => one.values)),
        Array.from({ length: 10 }, (_, i) => (i + 1) ** 2),
      );
      return segments.flatMap(({ checkpoint }) => (checkpoint === null ? [] : [checkpoint.step]));
    };
    const all = await stepsOf(null);
    assert.equal(all.length, 10);
    const { segments } = await play(scripted(1), 10, 0);
    const bytes = segments[0]?.checkpoint?.bytes ?? 0;
    // at this rate one takes the time of five steps
    assert.deepEqual(await stepsOf(bytes / 0.05), [1, 6, 10]);
    assert.deepEqual(await stepsOf(1e12), all);
  });

  test('of a large model are minutes apart, ten at most', () => {
    assert.equal(checkpointIntervalMs(0, 20e6, 11e6), 550);
    assert.equal(checkpointIntervalMs(0, 20e6, 4.2e9), 210_000);
    assert.equal(checkpointIntervalMs(0, 20e6, 84e9), 600_000);
    assert.equal(checkpointIntervalMs(900_000, 20e6, 4.2e9), 900_000);
    assert.equal(checkpointIntervalMs(0, null, 4.2e9), 0);
  });

  test('cover every step once with the same rows wherever they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.nat({ max: 150 }),
        fc.nat({ max: 200 }),
        async (total, segmentMs, checkpointMs) => {
          const { segments } = await play(scripted(total), segmentMs, checkpointMs);
          const steps = Array.from({ length: total }, (_, i) => i + 1);
          assert.deepEqual(
            segments.flatMap(({ metrics }) => metrics.flatMap((m) => m.steps)),
            steps,
          );
          assert.deepEqual(
            segments.flatMap(({ metrics }) => metrics.flatMap((m) => m.values)),
            steps.map((s) => s * s),
          );
          segments.forEach((segment, i) => assert.equal(segment.fromStep, segments[i - 1]?.toStep ?? 0));
          assert.equal(segments.at(-1)?.checkpoint?.step, total);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('a stop with checkpoint ends the open segment with one', async () => {
    const { segments, events } = await play(scripted(10), 1e9, 1e9, [4, 'checkpoint']);
    assert.deepEqual(
      segments.map(({ toStep, checkpoint }) => [toStep, checkpoint?.step]),
      [[4, 4]],
    );
    assert.deepEqual(events.at(-1), { kind: 'stopped', step: 4 });
  });

  test('a stop with checkpoint just after a segment without one takes one more step', async () => {
    const { segments, events } = await play(scripted(10), 0, 1e9, [4, 'checkpoint']);
    assert.deepEqual(segments.at(-1)?.checkpoint?.step, 5);
    assert.deepEqual(events.at(-1), { kind: 'stopped', step: 5 });
  });

  test('a stop before the first step needs no checkpoint', async () => {
    for (const mode of ['checkpoint', 'now'] as const) {
      const { events } = await play(scripted(10, 3), 0, 0, [0, mode]);
      assert.deepEqual(events.slice(1), [{ kind: 'stopped', step: 3 }]);
    }
  });

  test('a stop now drops the open segment', async () => {
    const { segments, events } = await play(scripted(10), 30, 0, [5, 'now']);
    assert.equal(segments.length, 1);
    assert.deepEqual(events.at(-1), { kind: 'stopped', step: 3 });
  });

  test('a NaN loss keeps the good steps and the last good checkpoint', async () => {
    const { segments, failure } = await play(scripted(10, 0, 6), 40, 0);
    assert.ok(failure instanceof LatentSweepError && failure.code === 'NAN_LOSS' && failure.details['step'] === 6);
    assert.deepEqual(
      segments.map(({ toStep, checkpoint }) => [toStep, checkpoint?.step ?? null]),
      [
        [4, 4],
        [5, null],
      ],
    );
  });

  test('progress comes at most twice a second', async () => {
    const { events } = await play(scripted(200), 1e9, 1e9);
    const progress = events.flatMap((event) => (event.kind === 'progress' ? [event] : []));
    assert.deepEqual(
      progress.map(({ step }) => step),
      [50, 100, 150, 200],
    );
    assert.ok(progress.every(({ tokensPerSecond }) => tokensPerSecond === 500));
  });
});

describe('the check of a phase config', () => {
  const refused = (config: Parameters<typeof checkPhaseConfig>[0], code: string, pattern: RegExp) =>
    assert.rejects(
      checkPhaseConfig(config),
      (error) => error instanceof LatentSweepError && error.code === code && pattern.test(error.message),
    );
  const model = { family: 'gpt2', layers: 1, width: 16, heads: 2, context: 24 };

  test('gives the steps and the shape of a sound one', async () => {
    assert.equal((await checkPhaseConfig(tiny.base())).totalSteps, 12);
    assert.equal((await checkPhaseConfig(tiny.finetune())).totalSteps, 12);
    const { totalSteps, vocabularySize, contextLength } = await checkPhaseConfig(tiny.evaluate());
    assert.deepEqual([totalSteps, vocabularySize, contextLength], [6, 258, 64]);
  });

  test('names what does not fit', async () => {
    await refused(tiny.base({ sequence: 65 }), 'CONTEXT_EXCEEDED', /base\.sequence: 65/);
    await refused(
      tiny.finetune({ model }),
      'CONTEXT_EXCEEDED',
      /training example \d+ needs \d+ positions .*model\.context is 24/,
    );
    await refused(tiny.finetune({ latents: 60, curriculum: null }), 'CONTEXT_EXCEEDED', /latents 60/);
    await refused(tiny.evaluate({ model }), 'CONTEXT_EXCEEDED', /test item 0/);
    await refused(tiny.finetune({ latents: 3 }), 'CONFIG_INVALID', /latents: 3 is not a multiple/);
    await refused(
      tiny.finetune({ system: 'h1', channel: { kind: 'embedding', rank: null } }),
      'CONFIG_INVALID',
      /channel\.kind/,
    );
    await refused(tiny.finetune({ softInit: 'token:ab' }), 'CONFIG_INVALID', /softInit: "ab" is 2 tokens of bytes/);
    await refused(tiny.finetune({ model: { ...model, heads: 3 } }), 'CONFIG_INVALID', /model\.heads 3/);
    const task = { name: 'prosqa', trainFile: join(folder, 'none.json') };
    await refused(tiny.finetune({ task }), 'DATA_MISSING', /none\.json/);
    await refused(tiny.finetune({ model: { weights: join(folder, 'none') } }), 'DATA_MISSING', /none/);
    await refused(tiny.finetune({ tokenizer: { file: join(folder, 'none.json') } }), 'DATA_MISSING', /tokenizer file/);
  });
});
