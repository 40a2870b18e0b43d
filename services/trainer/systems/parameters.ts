// Which tensors a system has, by the names of probe.md section 3, and which of them it trains (section 4, "used part").
import { capacityFloatsPerLatent, computedModel, exchangedLayers, systemTraits } from '../../study/systems/index.ts';
import type { ParameterFacts } from '../../tensor/optimizer/index.ts';
import { bodyShapes, headShape, isEmbeddingTable, type ModelConfig, parameterShapes } from '../models/index.ts';

import type { SystemSettings } from './settings.ts';

/** Which learning rate a trained tensor follows. */
export type ParameterGroup = 'base' | 'coprocessor' | 'soft';
export type SystemParameter = ParameterFacts<ParameterGroup>;

/** Every tensor of a system, in a fixed order: Base, Coprocessor, bottleneck, soft tokens, query. */
export function systemParameters(settings: SystemSettings): readonly SystemParameter[] {
  const { system, latents, query } = settings;
  const model = computedModel(system, settings.model);
  const facts = systemTraits(system);
  const list: SystemParameter[] = [];
  for (const [name, shape] of parameterShapes(model)) {
    const isTable = isEmbeddingTable(model, name);
    list.push({ name: `base.${name}`, shape, group: 'base', trained: facts.trainsBase, isTable });
  }
  if (systemTraits(system).coprocessor !== null) {
    for (const [name, shape] of bodyShapes(model)) {
      const trained = isUsed(settings, model, name);
      const isTable = isEmbeddingTable(model, name);
      list.push({ name: `coprocessor.${name}`, shape, group: 'coprocessor', trained, isTable });
    }
    list.push(...bottleneckParameters(settings));
  }
  const softRows = facts.oneSoftRow ? 1 : latents;
  if (facts.softTokens && softRows > 0) {
    list.push({ name: 'soft_tokens', shape: [softRows, model.width], group: 'soft', trained: true, isTable: true });
  }
  if (query === 'marker') {
    list.push({ name: 'query_token', shape: [model.width], group: 'soft', trained: true, isTable: false });
  }
  return list;
}

/** Bottleneck projections: `<what>.down` [w, r] and `<what>.up` [r, w] per exchanged vector. */
function bottleneckParameters({ system, channel, model }: SystemSettings): readonly SystemParameter[] {
  const rank = channel?.rank ?? null;
  if (rank === null) return [];
  const { keyValueHeads, headWidth } = headShape(model);
  const width = channel?.kind === 'kv' ? keyValueHeads * headWidth : model.width;
  const exchanged =
    channel?.kind === 'kv'
      ? exchangedLayers(system, channel, model.layers).flatMap((layer) => [`k.${layer}`, `v.${layer}`])
      : ['z'];
  const facts = { group: 'coprocessor', trained: true, isTable: false } as const;
  return exchanged.flatMap((what) => [
    { name: `channel.${what}.down`, shape: [width, rank], ...facts },
    { name: `channel.${what}.up`, shape: [rank, width], ...facts },
  ]);
}

const GPT2_CACHE_TENSORS = ['ln_1.weight', 'ln_1.bias', 'attn.c_attn.weight', 'attn.c_attn.bias'];
const QWEN3_CACHE_TENSORS = [
  'input_layernorm.weight',
  'self_attn.k_proj.weight',
  'self_attn.v_proj.weight',
  'self_attn.k_norm.weight',
];

/** Whether a Coprocessor tensor can influence the loss: with a kv channel only cache entries up to the highest selected layer leave it. */
function isUsed({ system, channel }: SystemSettings, model: ModelConfig, name: string): boolean {
  if (channel?.kind !== 'kv') return true;
  const top = Math.max(...exchangedLayers(system, channel, model.layers));
  const match = /^(?:transformer\.h|model\.layers)\.(\d+)\.(.+)$/.exec(name);
  if (!match) return name === 'transformer.wpe.weight';
  const layer = Number(match[1]);
  const cacheTensors = model.kind === 'gpt2' ? GPT2_CACHE_TENSORS : QWEN3_CACHE_TENSORS;
  return layer < top || (layer === top && cacheTensors.includes(match[2] ?? ''));
}

/** What passes to the Base per latent, in floats. */
export function capacityOf({ system, channel, model }: SystemSettings): number {
  const { keyValueHeads, headWidth } = headShape(model);
  const { layers, width } = model;
  return capacityFloatsPerLatent(system, channel, { layers, width, kvHeads: keyValueHeads, headWidth });
}
