// The corpus stage and its evaluations in the real trainer process: every system learns, a resume in the middle of each kind of phase gives
// the same rows and bits, a finetune goes on with the whole system, and what cannot run is refused before anything is computed.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { phaseFlops } from '../../services/study/cost/phase-flops.ts';
import { taskTokens } from '../../services/study/cost/task-tokens.ts';
import { splitSizes } from '../../services/study/plan/phase-steps.ts';
import { modelSchema } from '../../services/study/settings/model-settings.ts';
import { type PhaseConfig, phaseConfigSchema } from '../../services/study/settings/phases.ts';
import { SYSTEM_NAMES, type SystemName } from '../../services/study/settings/system-names.ts';
import { taskSchema } from '../../services/study/settings/task-settings.ts';
import { shapeOf } from '../../services/study/systems/model-shape.ts';
import { openTokenStore } from '../../services/trainer/curriculum/index.ts';
import { createEngine } from '../../services/trainer/engine/index.ts';
import {
  checkPhaseConfig,
  type LocalCheckpoint,
  planPhase,
  readCheckpoint,
  weightsOf,
} from '../../services/trainer/index.ts';
import { evaluationSites } from '../../services/trainer/phases/corpus-sites.ts';
import { createTask } from '../../services/trainer/tasks/index.ts';
import { createTokenizer } from '../../services/trainer/tokenizers/index.ts';
import { resolveLocalModel } from '../../services/trainer/weights/index.ts';
import { committed, job, type PhaseRun, TrainerChild, tiny } from './trainer-child.ts';
import { smallConfig } from './trainer-small-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'corpus-phases-'));
after(() => rmSync(folder, { recursive: true, force: true }));
process.env['LSWEEP_CACHE_DIR'] = join(folder, 'cache');

const model = { family: 'gpt2', layers: 2, width: 16, heads: 2, context: 64 };
const task = { name: 'corpus', files: ['builtin:prosqa'], heldOut: 0.1, valid: 10, test: 10 };
const about = { model, tokenizer: 'bytes', task };
const STEPS = 6;

const systemOf = (system: SystemName) => ({
  system,
  channel: null,
  latents: ['continued_pretraining', 'without_thought', 'cot', 'no_cot'].includes(system) ? 0 : 3,
  query: ['continued_pretraining', 'cot', 'no_cot'].includes(system) ? null : 'marker',
  gradThroughCache: true,
});

const pretrain = (system: SystemName, overrides: object = {}, rest: object = {}): PhaseConfig =>
  phaseConfigSchema.parse({
    ...{ kind: 'pretrain', ...about, ...systemOf(system), softInit: 'mean', coprocessorInit: 'base', seed: 1 },
    pretrain: { steps: STEPS, batch: 4, microbatch: 2, sequence: 48, sites: 4, ahead: 5, lr: 3e-3, ...overrides },
    ...rest,
  });

const evaluation = (system: SystemName, rest: object = {}): PhaseConfig =>
  phaseConfigSchema.parse({
    ...{ kind: 'evaluate', ...about, ...systemOf(system) },
    evaluate: { split: 'test', batch: 3, corpus: { sequence: 48, sites: 4, ahead: 5 } },
    ...rest,
  });

const piqaFile = join(folder, 'piqa.jsonl');
writeFileSync(
  piqaFile,
  Array.from({ length: 7 }, (_, index) =>
    JSON.stringify({ goal: `do ${index}`, sol1: `use a ${index}`, sol2: 'use a much longer pan', label: index % 2 }),
  ).join('\n'),
);
const piqa = (system: SystemName): PhaseConfig =>
  evaluation(system, { task: { name: 'piqa', file: piqaFile }, evaluate: { split: 'test', batch: 2 } });

const trainable = SYSTEM_NAMES.filter((system) => !['coconut', 'cot', 'no_cot'].includes(system));

describe('the corpus stage', () => {
  let trainer: TrainerChild;
  let base: LocalCheckpoint | null = null;
  const trained = new Map<SystemName, LocalCheckpoint>();

  before(async () => {
    trainer = new TrainerChild();
    const config = phaseConfigSchema.parse({
      ...{ kind: 'base', ...about },
      base: { steps: 4, batch: 4, sequence: 48, warmupSteps: 0 },
    });
    const run = await trainer.run(job(trainer.folder, config));
    assert.equal(run.result.analyses.length, 0);
    base = run.checkpoint;
  });
  after(() => trainer.dispose());

  const run = (config: PhaseConfig, parent: LocalCheckpoint | null, resume: LocalCheckpoint | null = null) =>
    trainer.run(job(trainer.folder, config, { parent, resume }));

  /** From the checkpoint after `step`, every later row, item and number of the result is the same. */
  const assertResumes = async (config: PhaseConfig, parent: LocalCheckpoint | null, whole: PhaseRun, step: number) => {
    const resume = whole.segments.find((segment) => segment.toStep === step)?.checkpoint ?? null;
    assert.equal(resume?.step, step);
    const rest = await run(config, parent, resume);
    assert.deepEqual(rest.result, whole.result);
    const before = { segments: whole.segments.filter((segment) => segment.toStep <= step) } as unknown as PhaseRun;
    assert.deepEqual(committed(before, rest), committed(whole));
  };

  for (const system of trainable) {
    test(`${system} is trained, resumed in the middle and judged on held-out text`, async () => {
      const config = pretrain(system);
      const whole = await run(config, base);
      const { rows } = committed(whole);
      assert.deepEqual(
        [...new Set(rows.map(([key]) => key.split(' ')[0]))],
        ['grad_norm', 'learning_rate', 'loss_nats', 'targets'],
      );
      assert.equal(rows.length, 4 * STEPS);
      const targets = rows.find(([key]) => key === 'targets 1')?.[1];
      assert.equal(targets, system === 'continued_pretraining' ? 4 * 47 : 4 * 4 * 5);
      await assertResumes(config, base, whole, 3);
      assert.ok(whole.checkpoint !== null);
      trained.set(system, whole.checkpoint);

      const judged = await run(evaluation(system), whole.checkpoint);
      const { analyses, evaluation: accuracy } = judged.result;
      assert.equal(accuracy, null);
      const named = (name: string) => analyses.filter((one) => one.name === name);
      assert.deepEqual(
        named('perplexity_by_position').map(({ i, j, label }) => [i, j, label]),
        [1, 2, 3, 4, 5].map((i) => [i, null, '']),
      );
      const nats = named('perplexity_by_position').map(({ value }) => Math.log(value));
      const mean = nats.reduce((sum, one) => sum + one, 0) / nats.length;
      assert.ok(Math.abs(mean - Math.log(named('perplexity')[0]?.value ?? 0)) < 1e-9);
      assert.deepEqual(committed(judged).rows.at(-1), ['perplexity 4', named('perplexity')[0]?.value]);
      await assertResumes(evaluation(system), whole.checkpoint, judged, 2);
    });
  }

  test('a plain system is judged on the targets after the sites of the others, each from its own prefix', async () => {
    const parent = trained.get('continued_pretraining') ?? null;
    assert.ok(parent !== null);
    const judged = await run(evaluation('continued_pretraining'), parent);
    const corpus = createTask(taskSchema.parse(task));
    const tokenizer = createTokenizer('bytes', corpus);
    assert.ok(corpus.kind === 'corpus');
    const cacheDir = join(folder, 'cache');
    const tokensOf = await openTokenStore(corpus, tokenizer, { cacheDir, onProgress: () => undefined });
    const { config } = resolveLocalModel(modelSchema.parse(model), tokenizer);
    const engine = createEngine({ ...smallConfig('continued_pretraining'), model: config });
    try {
      engine.setWeights(weightsOf(readCheckpoint(parent).tensors));
      const plan = { length: 48, sites: 4, ahead: 5, contextLength: 64 };
      const items = Array.from({ length: 10 }, (_, sequence) => {
        const tokens = tokensOf.read('test', sequence * 48, 48);
        const sites = evaluationSites({ ...plan, system: 'h2', latents: 3 }, sequence);
        assert.deepEqual(evaluationSites({ ...plan, system: 'continued_pretraining', latents: 0 }, sequence), sites);
        return sites.map((site) => ({
          question: tokens.slice(0, site + 1),
          latents: 0,
          target: tokens.slice(site + 1, site + 6),
        }));
      }).flat();
      const nats = engine.score({ kind: 'curriculum', items });
      for (const { name, i, value } of judged.result.analyses) {
        if (name !== 'perplexity_by_position' || i === null) continue;
        const own = nats.filter((_, index) => index % 5 === i - 1);
        const mean = own.reduce((sum, one) => sum + one, 0) / own.length;
        assert.ok(Math.abs(Math.log(value) - mean) < 1e-5, `position ${i}: ${Math.log(value)}, ${mean}`);
      }
    } finally {
      engine.release();
    }
  });

  test('a benchmark is judged by likelihood, every item a row, and resumes', async () => {
    const parent = trained.get('h2') ?? null;
    const whole = await run(piqa('h2'), parent);
    const { evaluation: accuracy, analyses } = whole.result;
    const { rows, items } = committed(whole);
    assert.equal(items.length, 7);
    assert.equal(accuracy?.chance, 0.5);
    assert.equal(accuracy.correct, items.filter(([, { correct }]) => correct).length);
    assert.deepEqual([...new Set(rows.map(([key]) => key.split(' ')[0]))], ['accuracy', 'accuracy_normalised']);
    assert.equal(analyses[0]?.name, 'accuracy_normalised');
    const first = items[0]?.[1];
    assert.match(first?.prediction ?? '', /^\{"choice":[01],"normalised":[01],"logLikelihood":\[-[\d.]+,-[\d.]+\]\}$/);
    await assertResumes(piqa('h2'), parent, whole, 2);
  });

  test('a finetune after it begins with the whole system, not with the Base alone', async () => {
    const parent = trained.get('h2') ?? null;
    const finetune = tiny.finetune({
      ...{ model, latents: 3, curriculum: null },
      train: { stepsPerStage: 1, batch: 4, lr: 0, weightDecay: 0 },
    });
    const { checkpoint } = await run(finetune, parent);
    assert.ok(parent !== null && checkpoint !== null);
    const [was, is] = [readCheckpoint(parent).tensors, readCheckpoint(checkpoint).tensors];
    for (const name of ['soft_tokens', 'query_token', 'coprocessor.transformer.h.1.mlp.c_fc.weight'])
      assert.deepEqual(is.get(name)?.data, was.get(name)?.data, name);
  });

  test('another seed has other rows and sites, another text order alone likewise', async () => {
    const losses = async (config: PhaseConfig, overrides = {}) =>
      committed(await trainer.run(job(trainer.folder, config, { parent: base, overrides }))).rows.filter(([key]) =>
        key.startsWith('loss'),
      );
    const own = await losses(pretrain('h2'));
    assert.notDeepEqual(await losses(pretrain('h2', {}, { seed: 2 })), own);
    assert.notDeepEqual(await losses(pretrain('h2'), { dataOrder: 1 }), own);
  });

  test('the loss of the Base beside that of the sites changes what is learned', async () => {
    const alone = await run(pretrain('h2'), base);
    const beside = await run(pretrain('h2', { prefixLmLossWeight: 0.5 }), base);
    assert.notEqual(beside.result.weightsSha256, alone.result.weightsSha256);
  });
});

describe('what cannot run', () => {
  const refusals: readonly (readonly [string, PhaseConfig, string, RegExp])[] = [
    [
      'more sites than there is room for',
      pretrain('h2', { sites: 44 }),
      'CONTEXT_EXCEEDED',
      /pretrain\.sites: 44 asked, 43/,
    ],
    [
      'latents that leave no room',
      pretrain('h2', {}, { latents: 58 }),
      'CONTEXT_EXCEEDED',
      /1 positions of 48 tokens.*58 latents/,
    ],
    ['a sequence beyond the context', pretrain('h2', { sequence: 65 }), 'CONTEXT_EXCEEDED', /pretrain\.sequence: 65/],
    [
      'too short a text',
      pretrain('h2', {}, { task: { ...task, files: [join(folder, 'short.txt')] } }),
      'DATA_INVALID',
      /train text has \d+ tokens, 0 of 1 sequences of 48/,
    ],
    [
      'an empty held-out split',
      evaluation('h2', { task: { ...task, files: [join(folder, 'short.txt')] } }),
      'DATA_INVALID',
      /test text has 0 tokens/,
    ],
    [
      'a malformed line',
      pretrain('h2', {}, { task: { ...task, files: [join(folder, 'bad.jsonl')] } }),
      'DATA_INVALID',
      /bad\.jsonl, line 2/,
    ],
    [
      'a choice longer than the context',
      evaluation('h2', { task: { name: 'piqa', file: join(folder, 'long.jsonl') }, evaluate: {} }),
      'CONTEXT_EXCEEDED',
      /item 1 of piqa needs \d+ positions/,
    ],
  ];
  before(() => {
    writeFileSync(join(folder, 'short.txt'), 'only this');
    writeFileSync(join(folder, 'bad.jsonl'), '{"text": "a"}\n{"text": \n');
    const good = { goal: 'g', sol1: 'a', sol2: 'b', label: 0 };
    const long = { ...good, sol1: 'x'.repeat(80) };
    writeFileSync(join(folder, 'long.jsonl'), `${JSON.stringify(good)}\n${JSON.stringify(long)}\n`);
  });
  for (const [name, config, code, message] of refusals)
    test(`${name} is ${code}`, () => assert.rejects(checkPhaseConfig(config), { code, message }));
});

/** What the sweep's plan says before any graph exists. */
function estimatedFlops(config: PhaseConfig): number {
  const shape = shapeOf(modelSchema.parse(model));
  const tokens = taskTokens(config.task, config.tokenizer);
  assert.ok(shape !== null && tokens !== null);
  return phaseFlops(config, shape, tokens, splitSizes(config.task, null));
}

describe('the plan', () => {
  const placement = { device: 'cpu', threads: 1 } as const;

  test('of a corpus stage and of its evaluations knows steps, operations and memory', async () => {
    const training = await planPhase(pretrain('h2'), placement);
    assert.equal(training.steps, STEPS);
    assert.equal(training.together, 2);
    assert.equal(training.capacityFloatsPerLatent, 16);
    for (const system of ['continued_pretraining', 'h1', 'h2'] as const) {
      const { flopsPerStep } = await planPhase(pretrain(system), placement);
      const estimated = estimatedFlops(pretrain(system)) / STEPS;
      // of the topmost layer, one of two here, graphs leave out what is never read; the estimate counts layers whole
      const tolerance = system === 'continued_pretraining' ? 0.1 : 0.3;
      assert.ok(Math.abs(estimated / flopsPerStep - 1) < tolerance, `${system}: ${estimated} against ${flopsPerStep}`);
    }
    const judging = await planPhase(evaluation('h2'), placement);
    assert.equal(judging.steps, 4);
    assert.ok(judging.flopsPerStep > 0 && judging.flopsPerStep < training.flopsPerStep);
    assert.ok(judging.memory.total < training.memory.total);
    const choosing = await planPhase(piqa('h2'), placement);
    assert.equal(choosing.steps, 4);
    assert.ok(choosing.memoryWith(1).total <= choosing.memory.total);
  });
});
