// What planning must know of each system (study.md section 2): which settings can influence it, and which are refused for it.
// Facts only; what a system computes lives in services/trainer/systems.

import {
  EMBEDDING_COPROCESSOR_SYSTEMS,
  FROZEN_BASE_SYSTEMS,
  KV_SYSTEMS,
  PLAIN_SYSTEMS,
  type SystemName,
} from './systems.ts';

export interface SystemTraits {
  /** A plain language model: no latents, no query, no curriculum. */
  readonly plain: boolean;
  /** Whether the latent budget means anything to it. */
  readonly latents: boolean;
  /** What its Coprocessor hands over; null = it has none. */
  readonly coprocessor: 'embedding' | 'kv' | null;
  /** Has a trained table of soft tokens (one row only for `pause`). */
  readonly softTokens: boolean;
  readonly trainsBase: boolean;
}

const isOneOf = (system: SystemName, names: readonly SystemName[]): boolean => names.includes(system);

export function systemTraits(system: SystemName): SystemTraits {
  const plain = isOneOf(system, PLAIN_SYSTEMS);
  const latents = !plain && system !== 'without_thought';
  return {
    plain,
    latents,
    coprocessor: isOneOf(system, EMBEDDING_COPROCESSOR_SYSTEMS)
      ? 'embedding'
      : isOneOf(system, KV_SYSTEMS)
        ? 'kv'
        : null,
    softTokens: latents && system !== 'coconut',
    trainsBase: !isOneOf(system, FROZEN_BASE_SYSTEMS),
  };
}
