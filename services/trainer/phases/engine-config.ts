// From the config of a phase to that of the engine. Fields are always in the same order, so equal configs give equal JSON.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import {
  type AnalysePhaseConfig,
  type BasePhaseConfig,
  type Channel,
  type EvaluatePhaseConfig,
  type FinetunePhaseConfig,
  objectivesOf,
  type PretrainPhaseConfig,
  type SystemName,
  type TrainSettings,
} from '../../study/settings/index.ts';
import { ownChannel, systemTraits } from '../../study/systems/index.ts';
import type { OptimizerConfig } from '../../tensor/optimizer/index.ts';
import { latentsOf } from '../curriculum/index.ts';
import type { EngineConfig } from '../engine/types.ts';
import type { PhaseJob } from '../jobs/protocol.ts';
import type { ModelConfig } from '../models/index.ts';

export type ComputePlacement = Pick<PhaseJob, 'device' | 'threads' | 'exclusiveCores'>;

/** A plain language model; its optimizer is AdamW with the usual betas. */
export function baseEngineConfig(
  { base }: BasePhaseConfig,
  model: ModelConfig,
  placement: ComputePlacement,
): EngineConfig {
  const { weightDecay, clip } = base;
  return {
    model,
    system: 'continued_pretraining',
    channel: null,
    latents: 0,
    query: null,
    gradThroughCache: true,
    prefixLmLossWeight: 0,
    optimizer: { betas: [0.9, 0.999], eps: 1e-8, weightDecay, decay: 'all', clip },
    ...placed(placement),
  };
}

/** @param optimizer of the training; an evaluation may take any */
export function systemEngineConfig(
  config: PretrainPhaseConfig | FinetunePhaseConfig | EvaluatePhaseConfig | AnalysePhaseConfig,
  model: ModelConfig,
  optimizer: OptimizerConfig,
  placement: ComputePlacement,
): EngineConfig {
  const { system, channel, latents, query, gradThroughCache } = config;
  return {
    model,
    system,
    channel: channelOf(system, channel),
    latents: latentsOf(system, latents),
    query: systemTraits(system).plain ? null : (query ?? 'marker'),
    gradThroughCache,
    prefixLmLossWeight: config.kind === 'pretrain' ? config.pretrain.prefixLmLossWeight : 0,
    optimizer,
    ...placed(placement),
    ...computation(config),
    ...objectiveSettings(config),
  };
}

function placed({ device, threads, exclusiveCores = false }: ComputePlacement): Required<ComputePlacement> {
  return { device, threads, exclusiveCores };
}

/** How the phases that train compute; those that score follow the device. */
function computation(config: Parameters<typeof systemEngineConfig>[0]): Pick<EngineConfig, 'precision' | 'recompute'> {
  if (config.kind !== 'pretrain' && config.kind !== 'finetune') return {};
  const { precision, recompute } = config.kind === 'pretrain' ? config.pretrain : config.train;
  return { recompute, ...(precision === null ? {} : { precision }) };
}

/** Left out where there are none, so that equal work has equal settings. */
function objectiveSettings(
  config: Parameters<typeof systemEngineConfig>[0],
): Pick<EngineConfig, 'objectives' | 'latentsPerStep'> {
  const objectives = objectivesOf(config);
  if (objectives.length === 0) return {};
  const stages = config.kind === 'finetune' ? config.curriculum?.stages : undefined;
  return {
    objectives,
    ...(stages === undefined ? {} : { latentsPerStep: latentsOf(config.system, config.latents) / stages }),
  };
}

/** Of the settings of a finetune or a corpus stage. */
export function optimizerOf(
  settings: Pick<TrainSettings, 'betas' | 'eps' | 'weightDecay' | 'decay' | 'clip'>,
): OptimizerConfig {
  const { betas, eps, weightDecay, decay, clip } = settings;
  return { betas, eps, weightDecay, decay, clip };
}

/** null is the system's own channel. @throws LatentSweepError CONFIG_INVALID for a channel the system does not have */
export function channelOf(system: SystemName, channel: Channel | null): Channel | null {
  const own = ownChannel(system);
  if (channel !== null && channel.kind !== own?.kind) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `channel.kind: ${channel.kind} asked, ${system} has ${own === null ? 'no channel' : `the channel ${own.kind}`}`,
      { key: 'channel.kind' },
    );
  }
  return channel ?? own;
}
