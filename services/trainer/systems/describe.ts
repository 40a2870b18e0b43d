// What each system consists of (study.md section 2, probe.md section 4): facts only, no computation.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { Channel, SystemName } from '../../../workflows/domain/systems.ts';
import type { ModelConfig } from '../models/config.ts';

export interface SystemFacts {
  /** Where the rows or cache entries of the latents come from. */
  readonly latents: 'none' | 'soft' | 'coprocessor_embedding' | 'coprocessor_kv' | 'own_hidden';
  readonly trainsBase: boolean;
  /** A plain language model: no latents and no query. */
  readonly plain: boolean;
  /** `pause`: one row for every slot. */
  readonly oneSoftRow: boolean;
}

const facts = (latents: SystemFacts['latents'], rest: Partial<SystemFacts> = {}): SystemFacts => ({
  latents,
  trainsBase: true,
  plain: false,
  oneSoftRow: false,
  ...rest,
});

export const SYSTEM_FACTS = {
  continued_pretraining: facts('none', { plain: true }),
  cot: facts('none', { plain: true }),
  no_cot: facts('none', { plain: true }),
  without_thought: facts('none'),
  soft_embeddings: facts('soft'),
  soft_2x: facts('soft'),
  pause: facts('soft', { oneSoftRow: true }),
  coconut: facts('own_hidden'),
  liu: facts('coprocessor_embedding', { trainsBase: false }),
  h2: facts('coprocessor_embedding'),
  h1: facts('coprocessor_kv', { trainsBase: false }),
  h1_h2: facts('coprocessor_kv'),
} as const satisfies Record<SystemName, SystemFacts>;

export function hasCoprocessor(system: SystemName): boolean {
  const { latents } = SYSTEM_FACTS[system];
  return latents === 'coprocessor_embedding' || latents === 'coprocessor_kv';
}

/** The channel a system has when none is named. */
export function ownChannel(system: SystemName): Channel | null {
  switch (SYSTEM_FACTS[system].latents) {
    case 'coprocessor_embedding':
      return { kind: 'embedding', rank: null };
    case 'coprocessor_kv':
      return { kind: 'kv', layers: 'all', rank: null };
    default:
      return null;
  }
}

/** `soft_2x` computes with twice the layers of the Base it starts from. */
export function computedModel(system: SystemName, model: ModelConfig): ModelConfig {
  return system === 'soft_2x' ? { ...model, layers: 2 * model.layers } : model;
}

/**
 * Layer indices whose cache entries are exchanged, ascending; empty unless the channel is kv.
 * @throws LatentSweepError CONFIG_INVALID for a layer the model does not have
 */
export function selectedLayers(channel: Channel | null, layers: number): readonly number[] {
  if (channel?.kind !== 'kv') return [];
  const all = Array.from({ length: layers }, (_, layer) => layer);
  const selection = channel.layers;
  if (selection === 'all') return all;
  if (typeof selection !== 'string') {
    const wrong = selection.find((layer) => layer >= layers);
    if (wrong !== undefined) throw badLayers(`layer ${wrong}`, layers);
    return [...new Set(selection)].sort((a, b) => a - b);
  }
  const [kind, digits] = selection.split(':');
  const count = Number(digits);
  if (!(count >= 1 && count <= layers)) throw badLayers(selection, layers);
  if (kind === 'top') return all.slice(-count);
  if (kind === 'bottom') return all.slice(0, count);
  return all.filter((layer) => layer % count === 0);
}

function badLayers(what: string, layers: number): LatentSweepError {
  return new LatentSweepError('CONFIG_INVALID', `channel.layers: ${what} does not fit a model of ${layers} layers`, {
    key: 'channel.layers',
  });
}
