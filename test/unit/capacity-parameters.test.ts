// Capacity and parameter counts against published figures, cases worked out by hand, and the trainer's own list of tensors.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalSettings } from '../../services/study/plan/canonical-settings.ts';
import { modelSchema } from '../../services/study/settings/model-settings.ts';
import { trialSettingsSchema } from '../../services/study/settings/settings.ts';
import { type Channel, SYSTEM_NAMES } from '../../services/study/settings/system-names.ts';
import { capacityFloatsPerLatent, channelName } from '../../services/study/systems/capacity.ts';
import { canonicalLayers, layersOf } from '../../services/study/systems/layer-selection.ts';
import { type ModelShape, shapeOf } from '../../services/study/systems/model-shape.ts';
import { modelParameters } from '../../services/study/systems/model-tensors.ts';
import { parameterCounts, systemTensors } from '../../services/study/systems/system-tensors.ts';
import { systemTraits } from '../../services/study/systems/system-traits.ts';
import type { ModelConfig } from '../../services/trainer/models/index.ts';
import { latentLayout, systemParameters } from '../../services/trainer/systems/index.ts';

function shape(model: unknown): ModelShape {
  const known = shapeOf(modelSchema.parse(model));
  assert.ok(known);
  return known;
}

const GPT2 = shape({ family: 'gpt2', layers: 12, width: 768, heads: 12 });
const QWEN3 = shape({
  family: 'qwen3',
  layers: 28,
  width: 1024,
  heads: 16,
  kvHeads: 8,
  headWidth: 128,
  inner: 3072,
  context: 32_768,
});

test('published models have their published numbers of parameters', () => {
  assert.equal(modelParameters(GPT2, 50_257), 124_439_808);
  assert.equal(modelParameters(QWEN3, 151_936), 596_049_920);
});

test('capacity is d for embeddings and 2 x layers x kv width for cache entries', () => {
  const kv = (layers: Extract<Channel, { kind: 'kv' }>['layers'], rank: number | null = null): Channel => ({
    kind: 'kv',
    layers,
    rank,
  });
  assert.equal(capacityFloatsPerLatent('h2', null, GPT2), 768);
  assert.equal(capacityFloatsPerLatent('liu', { kind: 'embedding', rank: 16 }, GPT2), 16);
  assert.equal(capacityFloatsPerLatent('h1', null, GPT2), 2 * 12 * 768);
  assert.equal(capacityFloatsPerLatent('h1', kv('all'), QWEN3), 2 * 28 * 8 * 128);
  assert.equal(capacityFloatsPerLatent('h1_h2', kv('top:3'), GPT2), 2 * 3 * 768);
  assert.equal(capacityFloatsPerLatent('h1', kv('every:5', 4), GPT2), 2 * 3 * 4);
  assert.equal(capacityFloatsPerLatent('h1', kv([1, 1, 7]), GPT2), 2 * 2 * 768);
  assert.equal(capacityFloatsPerLatent('soft_embeddings', null, GPT2), 768);
  for (const system of ['cot', 'no_cot', 'continued_pretraining', 'without_thought'] as const) {
    assert.equal(capacityFloatsPerLatent(system, null, GPT2), 0);
  }
});

test('one word names a channel', () => {
  assert.equal(channelName(null), null);
  assert.equal(channelName({ kind: 'embedding', rank: null }), 'embedding');
  assert.equal(channelName({ kind: 'kv', layers: [0, 2], rank: 8 }), 'kv:0,2/r8');
});

test('equal sets of layers are written in one way', () => {
  assert.equal(canonicalLayers('top:4', 4), 'all');
  assert.equal(canonicalLayers([3, 2], 4), 'top:2');
  assert.equal(canonicalLayers('every:2', 2), 'bottom:1');
  assert.deepEqual(canonicalLayers([2, 0, 2], 5), [0, 2]);
  assert.equal(layersOf('top:5', 4), null);
  assert.equal(layersOf([4], 4), null);
});

const trainerConfig = (known: ModelShape, vocabSize: number): ModelConfig =>
  known.family === 'gpt2'
    ? {
        kind: 'gpt2',
        vocabSize,
        contextLength: known.context,
        width: known.width,
        layers: known.layers,
        heads: known.heads,
        innerWidth: known.inner,
        normEpsilon: 1e-5,
        ...(known.ownHead === true ? { ownHead: true } : {}),
      }
    : {
        kind: 'qwen3',
        vocabSize,
        contextLength: known.context,
        width: known.width,
        layers: known.layers,
        heads: known.heads,
        keyValueHeads: known.kvHeads,
        headWidth: known.headWidth,
        innerWidth: known.inner,
        normEpsilon: 1e-6,
        ropeTheta: 1e6,
        ...(known.ownHead === true ? { ownHead: true } : {}),
      };

const anyTrial = fc
  .record({
    family: fc.constantFrom('gpt2', 'qwen3'),
    layers: fc.integer({ min: 1, max: 5 }),
    heads: fc.constantFrom(2, 4),
    headWidth: fc.constantFrom(2, 4, 8),
    shared: fc.boolean(),
    inner: fc.option(fc.integer({ min: 1, max: 40 })),
    system: fc.constantFrom(...SYSTEM_NAMES),
    latents: fc.integer({ min: 1, max: 6 }),
    query: fc.constantFrom('marker', 'repeat'),
    rank: fc.option(fc.integer({ min: 1, max: 8 })),
    top: fc.integer({ min: 1, max: 5 }),
    vocabulary: fc.integer({ min: 2, max: 50 }),
    ownHead: fc.boolean(),
  })
  .map(
    ({ family, layers, heads, headWidth, shared, inner, system, latents, query, rank, top, vocabulary, ownHead }) => {
      const { coprocessor } = systemTraits(system);
      const channel =
        coprocessor === null
          ? null
          : coprocessor === 'kv'
            ? { kind: 'kv', layers: `top:${Math.min(top, layers)}`, rank }
            : { kind: 'embedding', rank };
      const qwen = family === 'qwen3';
      const model = {
        family,
        layers,
        width: heads * headWidth,
        heads,
        kvHeads: qwen && shared ? heads / 2 : null,
        inner,
        context: 32,
      };
      const settings = {
        model,
        task: { name: 'countdown' },
        system,
        channel,
        latents,
        query,
        train: { stepsPerStage: 1 },
        seed: 0,
      };
      return { settings: canonicalSettings(trialSettingsSchema.parse(settings)), vocabulary, ownHead };
    },
  );

test('parameters are those of the tensors that the trainer makes, capacity that of what it hands over', () => {
  fc.assert(
    fc.property(anyTrial, ({ settings, vocabulary, ownHead }) => {
      const ofSettings = shapeOf(settings.model);
      assert.ok(ofSettings);
      const known: ModelShape = ownHead ? { ...ofSettings, ownHead } : ofSettings;
      const { system, channel, latents } = settings;
      const query = systemTraits(system).plain ? null : settings.query;
      const counted = { system, channel, latents, query };
      const tensors = systemParameters({ ...counted, model: trainerConfig(known, vocabulary) });
      const sum = (trainedOnly: boolean): number =>
        tensors
          .filter(({ trained }) => trained || !trainedOnly)
          .reduce((total, tensor) => total + tensor.shape.reduce((a, b) => a * b, 1), 0);
      const { total, trained } = parameterCounts({ ...counted, shape: known, vocabulary });
      assert.deepEqual({ total, trained }, { total: sum(false), trained: sum(true) });
      const layout = latentLayout({ ...counted, model: trainerConfig(known, vocabulary) });
      // Coconut's latents enter as embeddings and stay as cache entries: the layout is that of the entries
      if (layout !== null && systemTraits(system).latentSource !== 'own_hidden')
        assert.equal(capacityFloatsPerLatent(system, channel, known), layout.parts * (channel?.rank ?? layout.width));
    }),
    { numRuns: 300 },
  );
});

/** Of both families, every system and its channels: name, shape, group, whether it is trained, whether it is looked up; in order. */
function tensorLines(): readonly string[] {
  const sizes = { layers: 3, width: 8, heads: 4, inner: 12, context: 16 };
  const models: readonly ModelShape[] = [
    shape({ family: 'gpt2', ...sizes }),
    { ...shape({ family: 'qwen3', ...sizes, kvHeads: 2, headWidth: 6 }), ownHead: true },
  ];
  const kv: readonly Channel[] = [
    { kind: 'kv', layers: 'all', rank: null },
    { kind: 'kv', layers: [0, 1], rank: 3 },
  ];
  const embedding: readonly Channel[] = [
    { kind: 'embedding', rank: null },
    { kind: 'embedding', rank: 3 },
  ];
  return models.flatMap((model) =>
    SYSTEM_NAMES.flatMap((system) => {
      const { coprocessor, plain } = systemTraits(system);
      const channels = coprocessor === null ? [null] : coprocessor === 'kv' ? kv : embedding;
      const query = plain ? null : 'marker';
      return channels.flatMap((channel) =>
        systemTensors({ system, channel, latents: 5, query, shape: model, vocabulary: 11 }).map((tensor) =>
          [
            ...[model.family, system, tensor.name, tensor.shape.join('x')],
            ...[tensor.group, tensor.trained, tensor.isTable],
          ].join(' '),
        ),
      );
    }),
  );
}

test('tensors of every system keep their names, shapes and order: checkpoints and first weights rest on them', () => {
  const lines = tensorLines();
  assert.equal(lines.length, 1957);
  assert.equal(
    createHash('sha256').update(lines.join('\n')).digest('hex'),
    '86dc93930ce764dc1ca7229183c2399ebfbb0e48bcf64cd6a3f422d76f398a80',
  );
});
