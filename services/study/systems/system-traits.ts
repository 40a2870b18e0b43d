// What a system is (docs/design/study.md section 2, docs/design/probe.md section 4), said once: planning, checks, costs, the trainer's graphs
// and the report read it from here. Facts only; what a system computes lives in services/trainer/systems.

import type { Channel, SystemName } from '../settings/index.ts';

/** What the rows or cache entries of the latents are made of. */
export type LatentSource = 'none' | 'soft_tokens' | 'coprocessor_embedding' | 'coprocessor_kv' | 'own_hidden';

interface SystemDefinition {
  readonly latentSource: LatentSource;
  /** A plain language model: no latents, no query, no curriculum. Absent: false. */
  readonly plain?: true;
  /** Absent: true. */
  readonly trainsBase?: false;
  /** One row of soft tokens serves every latent. Absent: a row for each. */
  readonly oneSoftRow?: true;
  /** Layers that are computed for each layer of the Base it starts from. Absent: 1. */
  readonly depth?: 2;
}

export interface SystemTraits {
  readonly plain: boolean;
  readonly latentSource: LatentSource;
  /** Whether the latent budget means anything to it. */
  readonly latents: boolean;
  /** What its Coprocessor hands over; null = it has none. */
  readonly coprocessor: Channel['kind'] | null;
  /** Has a trained table of soft tokens. */
  readonly softTokens: boolean;
  readonly oneSoftRow: boolean;
  readonly trainsBase: boolean;
  readonly depth: 1 | 2;
}

const SYSTEMS = {
  continued_pretraining: { latentSource: 'none', plain: true },
  cot: { latentSource: 'none', plain: true },
  no_cot: { latentSource: 'none', plain: true },
  without_thought: { latentSource: 'none' },
  soft_embeddings: { latentSource: 'soft_tokens' },
  soft_2x: { latentSource: 'soft_tokens', depth: 2 },
  pause: { latentSource: 'soft_tokens', oneSoftRow: true },
  coconut: { latentSource: 'own_hidden' },
  liu: { latentSource: 'coprocessor_embedding', trainsBase: false },
  h2: { latentSource: 'coprocessor_embedding' },
  h1: { latentSource: 'coprocessor_kv', trainsBase: false },
  h1_h2: { latentSource: 'coprocessor_kv' },
} as const satisfies Record<SystemName, SystemDefinition>;

function traitsOf({ latentSource, plain, trainsBase, oneSoftRow, depth }: SystemDefinition): SystemTraits {
  return {
    plain: plain ?? false,
    latentSource,
    latents: latentSource !== 'none',
    coprocessor:
      latentSource === 'coprocessor_embedding' ? 'embedding' : latentSource === 'coprocessor_kv' ? 'kv' : null,
    softTokens: latentSource !== 'none' && latentSource !== 'own_hidden',
    oneSoftRow: oneSoftRow ?? false,
    trainsBase: trainsBase ?? true,
    depth: depth ?? 1,
  };
}

const TRAITS = new Map(Object.entries(SYSTEMS).map(([name, definition]) => [name, traitsOf(definition)]));

export function systemTraits(system: SystemName): SystemTraits {
  const traits = TRAITS.get(system);
  if (traits === undefined) throw new RangeError(`there is no system ${system}`);
  return traits;
}

/** The channel that a system has when none is named; null for systems without a Coprocessor. */
export function ownChannel(system: SystemName): Channel | null {
  switch (systemTraits(system).coprocessor) {
    case 'embedding':
      return { kind: 'embedding', rank: null };
    case 'kv':
      return { kind: 'kv', layers: 'all', rank: null };
    case null:
      return null;
  }
}

/** The model that a system computes with: `soft_2x` has each layer of its Base twice. */
export function computedModel<M extends { readonly layers: number }>(system: SystemName, model: M): M {
  const { depth } = systemTraits(system);
  return depth === 1 ? model : { ...model, layers: depth * model.layers };
}

/** Whether training reaches the cache of the question: asked for by `gradThroughCache`, and always where latents are the Base's own states. */
export function trainsThroughCache(system: SystemName, gradThroughCache: boolean): boolean {
  return gradThroughCache || systemTraits(system).latentSource === 'own_hidden';
}
