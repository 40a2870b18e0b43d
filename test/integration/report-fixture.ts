// A sweep in Postgres whose every answer is known: six systems on small ProsQA graphs, two budgets, three seeds, analyses included.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planSweepFile } from '../../services/study/plan/plan-sweep-file.ts';
import { readSweepFile } from '../../services/sweep-file/index.ts';
import { owner, placeOn, type StoreFixture } from './store-fixture.ts';

export const ITEMS = 120;
export const NAME = 'report-case';

/** Share of the questions that each system gets right at 4 latents; one more in ten at 8, for h2 alone. */
const SHARE: Readonly<Record<string, number>> = {
  soft_embeddings: 0.74,
  liu: 0.55,
  h1: 0.56,
  h2: 0.75,
  cot: 0.95,
  no_cot: 0.6,
};

/** Nested by difficulty, with some noise that depends on all: whoever is better gets nearly all that others get. */
export function isRight(system: string, latents: number, seed: number, item: number): boolean {
  const share = (SHARE[system] ?? 0) + (system === 'h2' && latents === 8 ? 0.1 : 0);
  const noise = ((item * 7919 + seed * 104_729 + system.length * 31) % 97) / 97 - 0.5;
  return (item + 0.5) / ITEMS + 0.1 * noise < share;
}

const FILE = `
name: ${NAME}
description: Is <b>h2</b> better than liu & the rest?
model: { family: gpt2, layers: 1, width: 16, heads: 2, context: 128 }
tokenizer: words
task: { name: prosqa, nodes: 6, train: 100, valid: 10, test: ${ITEMS} }
base: { steps: 4, batch: 4, sequence: 32, warmupSteps: 1 }
curriculum: { stages: 2 }
train: { stepsPerStage: 5, batch: 4 }
evaluate: { split: test, batch: ${ITEMS} }
systems: [soft_embeddings, liu, h1, h2, cot, no_cot]
axes: { latents: [4, 8] }
seeds: 3
`;

/**
 * @param folder for the sweep file @param name of the sweep @param finish how many cells are run to their end @param seeds as in the file; other
 * ones make other trials
 */
export async function recordSweep(
  { store }: StoreFixture,
  {
    folder,
    name = NAME,
    finish = Number.MAX_SAFE_INTEGER,
    seeds = '3',
  }: { folder: string; name?: string; finish?: number; seeds?: string },
): Promise<void> {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, FILE.replace(NAME, name).replace('seeds: 3', `seeds: ${seeds}`));
  const file = readSweepFile(path);
  const plan = planSweepFile(file.spec);
  const { sweep } = await store.createSweep(file);
  const cells = Array.from({ length: plan.size }, (_, i) => plan.cell(i));
  await store.planCells(sweep.sweepId, cells);
  await store.setSweepState(sweep.sweepId, 'running');
  const trialIds = new Map(
    (await store.openTrials(sweep.sweepId, 0, plan.size)).map(({ cell, trialId }) => [cell, trialId]),
  );
  for (const { trial, system, latents, seed, totalStepsByPhase } of cells.slice(0, finish)) {
    for (const [i, phase] of trial.phases.entries()) {
      const claim = await store.claimPhase(phase.key, owner('test'));
      if (claim.kind !== 'run') continue;
      const { phaseId, attempt } = await store.openAttempt(phase.key, claim.fence, placeOn('node-a'), 'a free slot');
      const steps = Array.from({ length: totalStepsByPhase[i] ?? 0 }, (_, step) => step + 1);
      const isEvaluation = phase.config.kind === 'evaluate';
      const rights = Array.from({ length: isEvaluation ? ITEMS : 0 }, (_, item) =>
        isRight(system, latents, seed, item),
      );
      await store.commitSegments([
        {
          ...{ phaseId, attempt, seq: 1n, fromStep: 0, toStep: steps.length, checkpoint: null },
          metrics: isEvaluation ? [] : [{ name: 'loss_nats', steps, values: steps.map((step) => 1 + 3 / step) }],
          items: rights.map((correct, item) => ({
            ...{ item, prediction: correct ? 'yes' : 'no', gold: `g${item}`, correct, tokens: 1, seconds: 0.01 },
          })),
          ...{ deviceSeconds: 36, tokens: 100, mfu: 0.25 },
        },
      ]);
      const correct = rights.filter(Boolean).length;
      const result = isEvaluation
        ? {
            evaluation: { split: 'test', items: ITEMS, correct, accuracy: correct / ITEMS, chance: 0.5 },
            analyses: latents === 0 ? [] : analysesOf(system, correct / ITEMS),
          }
        : {};
      await store.completePhase(phaseId, attempt, 2n, JSON.stringify(result));
    }
    const trialId = trialIds.get(trial.cell);
    if (trialId !== undefined) await store.closeTrial(trialId, 'finished');
  }
}

function analysesOf(system: string, accuracy: number) {
  const causal = ['intact', 'zero', 'shuffle'].map((label, k) => ({
    ...{ name: 'causal_accuracy', label, i: null, j: null, value: accuracy * (1 - 0.2 * k) },
  }));
  if (system !== 'h2') return causal;
  const capture = [0, 1, 2].flatMap((i) =>
    [0, 1, 2].map((j) => ({ name: 'cross_capture', label: '', i, j, value: i === j ? 0.97 : 0.9 })),
  );
  return [...causal, ...capture];
}
