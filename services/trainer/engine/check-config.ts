// What a system needs of its settings, checked before anything is built.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { computedModel, exchangedLayers, ownChannel, systemTraits } from '../../study/systems/index.ts';
import type { EngineConfig } from './types.ts';

/**
 * The config with its channel named (null = the system's own).
 * @throws LatentSweepError CONFIG_INVALID naming the key, its value and what is allowed
 */
export function checkConfig(config: EngineConfig): EngineConfig {
  const { system, model, latents, query, prefixLmLossWeight, threads } = config;
  const facts = systemTraits(system);
  const channel = config.channel ?? ownChannel(system);
  const own = ownChannel(system);
  if (channel !== null && !(systemTraits(system).coprocessor !== null))
    throw invalid('channel', channel.kind, `null for ${system}`);
  if (channel?.kind !== own?.kind)
    throw invalid('channel', channel?.kind ?? 'null', `${own?.kind ?? 'null'} for ${system}`);
  exchangedLayers(system, channel, computedModel(system, model).layers);
  if (facts.plain && query !== null) throw invalid('query', query, `null for ${system}`);
  if (!facts.plain && query === null) throw invalid('query', 'null', `marker or repeat for ${system}`);
  if (!(Number.isInteger(latents) && latents >= 0)) throw invalid('latents', latents, 'an integer of at least 0');
  if (!(prefixLmLossWeight >= 0 && Number.isFinite(prefixLmLossWeight)))
    throw invalid('prefix_lm_loss_weight', prefixLmLossWeight, 'at least 0');
  if (prefixLmLossWeight > 0 && (facts.plain || !facts.trainsBase))
    throw invalid('prefix_lm_loss_weight', prefixLmLossWeight, `0 for ${system}`);
  if (config.device === 'cpu' && config.precision !== undefined && config.precision !== 'fp32')
    throw invalid('train.precision', config.precision, 'fp32 on the CPU; tf32 and bf16 need a GPU');
  if (!(Number.isInteger(threads) && threads >= 1)) throw invalid('threads', threads, 'an integer of at least 1');
  checkObjectives(config);
  return { ...config, channel };
}

function checkObjectives({ system, model, latents, objectives = [], latentsPerStep = 0 }: EngineConfig): void {
  const key = 'train.objectives';
  objectives.forEach((objective, index) => {
    const { kind, weight } = objective;
    if (objectives.findIndex((other) => other.kind === kind) !== index) throw invalid(key, kind, 'each kind once');
    if (!(weight >= 0 && Number.isFinite(weight))) throw invalid(`${key}.${index}.weight`, weight, 'at least 0');
    if (!systemTraits(system).latents) throw invalid(key, kind, `none for ${system}, which has no latents`);
    if (kind === 'orthogonality' && latents < 2)
      throw invalid(key, kind, `none with latents ${latents}: it compares at least 2`);
    if (objective.kind !== 'steps') return;
    if (systemTraits(system).coprocessor === 'kv')
      throw invalid(key, kind, `none for ${system}, whose latents are cache entries`);
    if (!(Number.isInteger(latentsPerStep) && latentsPerStep >= 1 && latentsPerStep <= latents))
      throw invalid(key, kind, 'none without a curriculum: latents stand for its replaced steps');
    const { layers } = computedModel(system, model);
    if (objective.layers !== null && objective.layers > layers)
      throw invalid(`${key}.${index}.layers`, objective.layers, `at most the ${layers} layers of the Base`);
  });
}

const invalid = (key: string, value: string | number, allowed: string): LatentSweepError =>
  new LatentSweepError('CONFIG_INVALID', `${key}: ${value} is not possible; allowed is ${allowed}`, { key, value });
