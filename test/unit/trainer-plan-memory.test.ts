// What the plan says of memory, against what a real trainer process takes at its peak; and what it does when that is too much.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type PhaseConfig, phaseConfigSchema } from '../../services/study/settings/phases.ts';
import { checkFits, largestFitting, planPhase } from '../../services/trainer/plan/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { job, TrainerChild, tiny } from './trainer-child.ts';

const PLACE = { device: 'cpu', threads: 1 } as const;

const about = {
  model: { family: 'gpt2', layers: 3, width: 192, heads: 4, context: 320 },
  tokenizer: 'bytes',
  task: { name: 'countdown', operands: 3, train: 64, valid: 8, test: 8 },
};

const shapes: readonly (readonly [string, PhaseConfig])[] = [
  [
    'a base phase of 12 rows of 256 tokens',
    phaseConfigSchema.parse({ kind: 'base', ...about, base: { steps: 3, batch: 12, sequence: 256, warmupSteps: 0 } }),
  ],
  [
    'an H2 finetune of 96 examples in two parts',
    phaseConfigSchema.parse({
      kind: 'finetune',
      ...about,
      ...{ system: 'h2', channel: null, latents: 8, query: 'marker', gradThroughCache: true },
      ...{ softInit: 'mean', coprocessorInit: 'base', curriculum: null, seed: 1 },
      train: { stepsPerStage: 3, batch: 96, microbatch: 48 },
    }),
  ],
];

for (const [name, config] of shapes) {
  test(`the planned memory of ${name} is that of the process within a quarter`, async () => {
    const { memory } = await planPhase(config, PLACE);
    const trainer = new TrainerChild();
    try {
      const { last } = await trainer.run(job(trainer.folder, config));
      assert.equal(last?.kind, 'completed');
      const peak = peakResidentBytes(trainer.child.pid ?? 0);
      const ratio = memory.total / peak;
      console.log(`${name}: planned ${mb(memory.total)} MB, measured ${mb(peak)} MB`);
      assert.ok(ratio > 0.75 && ratio < 1.25, `planned ${mb(memory.total)} MB, measured ${mb(peak)} MB`);
    } finally {
      await trainer.dispose();
    }
  });
}

test('the largest microbatch that fits is named: it fits, and one more does not', async () => {
  const [, config] = shapes[1] ?? assert.fail();
  const plan = await planPhase(config, PLACE);
  const memoryBytes = plan.memoryWith(10).total;
  const largest = largestFitting(plan, memoryBytes);
  assert.ok(largest !== null && largest >= 10);
  assert.ok(plan.memoryWith(largest).total <= memoryBytes);
  assert.ok(plan.memoryWith(largest + 1).total > memoryBytes);
  assert.throws(
    () => checkFits(plan, memoryBytes),
    (error) =>
      error instanceof LatentSweepError &&
      error.code === 'OUT_OF_MEMORY' &&
      error.message.includes(`train.microbatch ${largest} would fit`) &&
      error.details['largest'] === largest,
  );
  checkFits(plan, plan.memory.total);
});

test('a trainer process refuses a job beyond its memory before it begins, and takes it with a microbatch that fits', async () => {
  const [, config] = shapes[1] ?? assert.fail();
  const plan = await planPhase(config, PLACE);
  const memoryBytes = plan.memoryWith(10).total;
  const largest = largestFitting(plan, memoryBytes) ?? assert.fail();
  const trainer = new TrainerChild();
  try {
    const { events, last: failed } = await trainer.run(job(trainer.folder, config, { memoryBytes }));
    assert.ok(failed?.kind === 'failed' && !events.some(({ kind }) => kind === 'started'));
    assert.deepEqual([failed.code, failed.failure], ['OUT_OF_MEMORY', 'out_of_memory']);
    const { details } = failed;
    assert.deepEqual(details, { key: 'train.microbatch', neededBytes: plan.memory.total, memoryBytes, largest });
    for (const [microbatch, end] of [
      [largest + 1, 'failed'],
      [largest, 'completed'],
    ] as const) {
      const next = await trainer.run(job(trainer.folder, config, { memoryBytes, overrides: { microbatch } }));
      assert.equal(next.last?.kind, end, `microbatch ${microbatch}`);
    }
  } finally {
    await trainer.dispose();
  }
});

test('a choice between checkpoints is planned with its decoding and the weights that it keeps', async () => {
  const train = { stepsPerStage: 4, batch: 4 };
  const { parameters, memory } = await planPhase(tiny.finetune({ train }), PLACE);
  const select = { every: 2, items: 8, maxNewTokens: 16 };
  const choosing = await planPhase(tiny.finetune({ train: { ...train, select } }), PLACE);
  assert.ok(choosing.memory.activations >= memory.activations + 4 * parameters.trained);
});

test('where not even one example fits, the refusal says so', async () => {
  for (const config of [tiny.base(), tiny.finetune(), tiny.evaluate()]) {
    const plan = await planPhase(config, PLACE);
    assert.equal(largestFitting(plan, 1e6), null);
    assert.throws(
      () => checkFits(plan, 1e6),
      /OUT_OF_MEMORY.*not even (base\.batch|train\.microbatch|evaluate\.batch) 1/,
    );
  }
});

test('a plan counts what the phase reports: steps, trained parameters, capacity', async () => {
  const trainer = new TrainerChild();
  try {
    for (const config of [tiny.base(), tiny.finetune()]) {
      const plan = await planPhase(config, PLACE);
      const { events, result } = await trainer.run(job(trainer.folder, config));
      const started = events.find(({ kind }) => kind === 'started');
      assert.ok(started?.kind === 'started');
      assert.deepEqual([plan.steps, plan.parameters.trained], [started.totalSteps, started.parameters]);
      assert.equal(plan.capacityFloatsPerLatent, result.capacityFloatsPerLatent);
    }
  } finally {
    await trainer.dispose();
  }
});

function peakResidentBytes(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return 1024 * Number(kilobytes);
}

const mb = (bytes: number): number => Math.round(bytes / 1e6);
