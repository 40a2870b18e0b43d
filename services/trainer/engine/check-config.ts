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
  return { ...config, channel };
}

const invalid = (key: string, value: string | number, allowed: string): LatentSweepError =>
  new LatentSweepError('CONFIG_INVALID', `${key}: ${value} is not possible; allowed is ${allowed}`, { key, value });
