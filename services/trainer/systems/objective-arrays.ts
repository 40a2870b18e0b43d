// What the terms beside the cross-entropy read (docs/design/study.md section 12): which pairs of latents are compared, and replaced steps as
// rows of the step decoder. Padding has weight 0 and changes no number.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { computedModel } from '../../study/systems/index.ts';
import { checkTokens } from './batch-tokens.ts';
import { bucket, scoredBucket } from './buckets.ts';
import type { BatchShape, StepsShape, TrainingSettings } from './building.ts';
import { Scores } from './row-arrays.ts';

type Arrays = [string, Float32Array | BigInt64Array][];

/** Weights [B * M, N, N] of cos(z_i, z_j)^2: mean over pairs of a site, then over the sites of the whole batch that have any. */
export function pairWeights(
  latentsOfSites: readonly (readonly number[])[],
  { batch, sites, latents }: BatchShape,
  comparedSites: number,
): Arrays {
  const weights = new Float32Array(batch * sites * latents * latents);
  latentsOfSites.forEach((row, b) =>
    row.forEach((count, m) => {
      for (let i = 0; i < count; i++)
        for (let j = 0; j < count; j++)
          if (i !== j)
            weights[((b * sites + m) * latents + i) * latents + j] = 1 / (count * (count - 1) * comparedSites);
    }),
  );
  return [['pairs.weights', weights]];
}

/** A replaced step of an item of the batch. */
interface ReplacedStep {
  readonly item: number;
  /** Of its first latent among those of the item. */
  readonly slot: number;
  readonly tokens: readonly number[];
}

export interface PreparedSteps {
  /** Null where the batch has no replaced step. */
  readonly shape: StepsShape | null;
  /** Tokens of all steps. */
  readonly tokens: number;
  /** @param totalTokens of the whole accumulated batch */
  arrays(batch: BatchShape, totalTokens: number): Arrays;
}

/**
 * @param items latents and replaced steps of every item; steps for which an item has no latents do not count
 * @throws LatentSweepError DATA_INVALID for a step without tokens, TOKEN_OUT_OF_RANGE, CONTEXT_EXCEEDED
 */
export function prepareSteps(
  settings: TrainingSettings,
  items: readonly { readonly latents: number; readonly steps?: readonly (readonly number[])[] }[],
): PreparedSteps {
  const { latentsPerStep = 0 } = settings;
  const { vocabSize, contextLength } = computedModel(settings.system, settings.model);
  if (latentsPerStep < 1)
    throw new LatentSweepError('CONFIG_INVALID', 'objective steps needs latents for each step', {
      key: 'train.objectives',
    });
  const replaced = items.flatMap(({ latents, steps = [] }, item) =>
    steps
      .slice(0, Math.floor(latents / latentsPerStep))
      .map((tokens, step): ReplacedStep => ({ item, slot: step * latentsPerStep, tokens })),
  );
  for (const { tokens } of replaced) {
    if (tokens.length === 0) throw new LatentSweepError('DATA_INVALID', 'a replaced step has no token');
    checkTokens(tokens, vocabSize);
    const needed = latentsPerStep + tokens.length - 1;
    if (needed > contextLength)
      throw new LatentSweepError(
        'CONTEXT_EXCEEDED',
        `${needed} positions are needed by a replaced step, the model has ${contextLength}`,
        { needed, contextLength },
      );
  }
  const tokens = replaced.reduce((sum, step) => sum + step.tokens.length, 0);
  if (tokens === 0) return { shape: null, tokens, arrays: () => [] };
  const longest = replaced.reduce((most, step) => Math.max(most, step.tokens.length), 1);
  const shape: StepsShape = {
    sequences: bucket(replaced.length),
    latents: latentsPerStep,
    tokens: Math.min(bucket(longest), contextLength - latentsPerStep + 1),
    scored: scoredBucket(tokens),
  };
  return { shape, tokens, arrays: (batch, totalTokens) => stepArrays(replaced, shape, batch, totalTokens) };
}

function stepArrays(
  replaced: readonly ReplacedStep[],
  shape: StepsShape,
  batch: BatchShape,
  totalTokens: number,
): Arrays {
  const { sequences, latents, tokens } = shape;
  const used = sequences * latents;
  const forward = new BigInt64Array(used);
  const backward = new BigInt64Array(batch.batch * batch.latents).fill(BigInt(used));
  const ids = new BigInt64Array(sequences * (tokens - 1));
  const rows = latents + tokens - 1;
  const scores = new Scores(shape.scored, sequences * rows, totalTokens);
  replaced.forEach((step, index) => {
    for (let t = 0; t < latents; t++) {
      const row = step.item * batch.latents + step.slot + t;
      forward[index * latents + t] = BigInt(row);
      backward[row] = BigInt(index * latents + t);
    }
    step.tokens.forEach((token, i) => {
      if (i < step.tokens.length - 1) ids[index * (tokens - 1) + i] = BigInt(token);
      scores.add(index * rows + latents - 1 + i, token);
    });
  });
  return [
    ['steps.forward', forward],
    ['steps.backward', backward],
    ['steps.ids', ids],
    ...scores.arrays('steps.scored'),
  ];
}
