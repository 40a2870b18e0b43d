// What a sweep file asks of latents, as phases: an analysis beside the evaluation, tests inside it, and neither without latents.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pipelineOf } from '../../services/study/plan/pipeline.ts';
import { phaseConfigSchema } from '../../services/study/settings/phases.ts';
import { trialSettingsSchema } from '../../services/study/settings/settings.ts';

const pipeline = (rest: object) =>
  pipelineOf(
    trialSettingsSchema.parse({
      model: { family: 'gpt2', layers: 2, width: 16, heads: 2, context: 256 },
      task: { name: 'countdown', test: 40 },
      base: { steps: 20 },
      train: { stepsPerStage: 10 },
      system: 'h2',
      latents: 4,
      seed: 0,
      ...rest,
    }),
  );
const asked = { evaluate: { interventions: ['zero', { truncate: 1 }] }, analyse: { batch: 16 } };
const kinds = ({ phases }: ReturnType<typeof pipeline>) => phases.map(({ config }) => config.kind);

test('an analysis looks at the weights that the evaluation judges', () => {
  const { phases, stepsByPhase } = pipeline(asked);
  assert.deepEqual(
    phases.map(({ config }) => config.kind),
    ['base', 'finetune', 'evaluate', 'analyse'],
  );
  assert.deepEqual(
    phases.map(({ parent }) => parent),
    [null, phases[0]?.key, phases[1]?.key, phases[1]?.key],
  );
  assert.equal(stepsByPhase.at(-1), 3 + 4, 'batches, then slots');
  for (const { config } of phases) assert.deepEqual(phaseConfigSchema.parse(config), config);
});

test('systems without latents have neither, however much is asked for', () => {
  for (const system of ['cot', 'no_cot', 'without_thought']) {
    assert.deepEqual(kinds(pipeline({ ...asked, system })), ['base', 'finetune', 'evaluate']);
    assert.equal(pipeline({ ...asked, system }).key, pipeline({ system }).key);
  }
  for (const system of ['soft_embeddings', 'pause', 'soft_2x', 'coconut', 'h1'])
    assert.deepEqual(kinds(pipeline({ ...asked, system })), ['base', 'finetune', 'evaluate', 'analyse']);
});

test('asking for nothing leaves identities as they were; order and repetition of tests change none', () => {
  assert.equal(pipeline({ evaluate: { interventions: [] }, analyse: null }).key, pipeline({}).key);
  const other = { evaluate: { interventions: [{ truncate: 1 }, 'zero', 'zero'] }, analyse: { batch: 16 } };
  assert.equal(pipeline(other).key, pipeline(asked).key);
  assert.notEqual(pipeline({ analyse: {} }).key, pipeline({}).key);
});
