// The promise of the project, on the real thing: a local stack with two nodes runs one sweep undisturbed, another stack runs the same
// sweep while its trainers, nodes and orchestrator are killed; both end with the same rows and the same weights.

import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { RealStack } from './real-stack.ts';
import { until } from './until.ts';

/** Phases of some seconds each: long enough to be hit in the middle. */
const SWEEP = `
name: under-kills
model: { family: gpt2, layers: 2, width: 32, heads: 2, context: 96 }
tokenizer: bytes
task: { name: countdown, operands: 3, train: 512, valid: 8, test: 16 }
base: { steps: 150, batch: 8, sequence: 64, warmupSteps: 5 }
curriculum: { stages: 2, firstStage: 1 }
train: { stepsPerStage: 200, batch: 8, lr: 1.0e-3 }
evaluate: { split: test, items: 16, maxNewTokens: 24, batch: 8 }
systems: [soft_embeddings, liu, h1, h2]
latents: 2
seeds: 1
`;

const stacks: RealStack[] = [];
let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lsweep-kills-'));
  // Postgres refuses to run as root and runs as another user then
  await chmod(folder, 0o755);
});
after(async () => {
  for (const one of stacks) await one.down();
  await rm(folder, { recursive: true, force: true });
});

async function open(name: string): Promise<RealStack> {
  const stack = await RealStack.open(join(folder, name), 'under-kills', SWEEP);
  stacks.push(stack);
  return stack;
}

const finished = (stack: RealStack): Promise<void> =>
  until('every cell is finished', () => stack.isFinished(4), 600_000);

test('a sweep whose trainer, nodes and orchestrator are killed ends with the rows and weights of an undisturbed one', async () => {
  const calm = await open('calm');
  await finished(calm);
  const expected = await calm.results();
  // each of four cells shows 150 base steps (run once for all) and 3 stages of 200 steps with four metrics each, and two batches of its
  // evaluation with two
  assert.equal(expected.curves.length, 4 * ((150 + 600) * 4 + 2 * 2));
  await calm.down();

  const hit = await open('hit');
  await until('the base phase runs', async () => (await hit.running('base')).length > 0);
  await hit.kill('trainer');
  await until('finetune phases run', async () => (await hit.running('finetune')).length > 0);
  await hit.kill('gpu-worker');
  await hit.kill('orchestrator');
  await until('finetune phases run again', async () => (await hit.running('finetune')).length > 0);
  await hit.kill('gpu-worker', hit.pidsOf('gpu-worker').toReversed());
  await finished(hit);

  assert.deepEqual(await hit.results(), expected);
  const attempts = await hit.attempts();
  assert.equal(attempts?.['phases'], 9);
  assert.equal(attempts['completions'], 9, 'a phase ran twice to completion');
  assert.ok(Number(attempts['attempts']) > 9, 'no attempt was hit');
});
