// The integer arrays and masks that decoding reads, for a group of items padded to one shape.
// Legend: B items, S prefix slots, N latent slots, C cache slots.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { computedModel, systemTraits } from '../../study/systems/index.ts';
import type { GenerateItem } from './batch.ts';
import { checkTokens } from './batch-tokens.ts';
import type { TrainingSettings } from './building.ts';

import { cacheSlots, type GenerationShape, hasQuery } from './generation-graph.ts';
import { padRows, RowArrays } from './row-arrays.ts';
import { HIDDEN } from './rows.ts';

/** Latents the system really gives an item: none where it has no latents at all. */
export const itemLatents = ({ system }: TrainingSettings, item: GenerateItem): number =>
  systemTraits(system).latents ? item.latents : 0;

/** Position of the first token that is fed back. */
export const firstGeneratedPosition = (settings: TrainingSettings, item: GenerateItem): number =>
  item.question.length + itemLatents(settings, item) + (hasQuery(settings) ? 1 : 0);

/** @throws LatentSweepError DATA_INVALID, TOKEN_OUT_OF_RANGE or CONTEXT_EXCEEDED for an item the model cannot take */
export function checkGenerateItem(settings: TrainingSettings, item: GenerateItem): void {
  if (item.question.length === 0) throw new LatentSweepError('DATA_INVALID', 'an item has an empty question');
  if (!(Number.isInteger(item.latents) && item.latents >= 0 && item.latents <= settings.latents)) {
    throw new LatentSweepError(
      'DATA_INVALID',
      `an item asks for ${item.latents} latents, the system has ${settings.latents}`,
    );
  }
  const { vocabSize, contextLength } = computedModel(settings.system, settings.model);
  checkTokens(item.question, vocabSize);
  const needed = firstGeneratedPosition(settings, item);
  if (needed > contextLength) {
    throw new LatentSweepError('CONTEXT_EXCEEDED', `${needed} positions are needed, the model has ${contextLength}`, {
      needed,
      contextLength,
    });
  }
}

export function prefillArrays(
  settings: TrainingSettings,
  items: readonly GenerateItem[],
  shape: GenerationShape,
): ReadonlyMap<string, BigInt64Array> {
  const { batch, prefix, latents } = shape;
  const latentRows = new RowArrays(batch * latents);
  const queryRows = new RowArrays(batch);
  const last = new BigInt64Array(batch);
  const repeated = new BigInt64Array(batch);
  items.forEach((item, b) => {
    const limit = item.question.length - 1;
    const count = itemLatents(settings, item);
    last[b] = BigInt(b * prefix + limit);
    repeated[b] = BigInt(item.question[limit] ?? 0);
    for (let t = 0; t < count; t++) latentRows.set(b * latents + t, 0, t, limit);
    queryRows.set(b, 0, count, limit);
  });
  const questions = items.map(({ question }) => question);
  return new Map([
    ['prefix.ids', padRows(questions, batch, prefix)],
    ['prefix.last', last],
    ['decode.ids', repeated],
    ...latentRows.arrays('latents'),
    ...queryRows.arrays('decode'),
  ]);
}

/** Additive masks [B, C] over the cache before any token is generated; generated slots are opened one by one. */
export function cacheMask(
  settings: TrainingSettings,
  items: readonly GenerateItem[],
  shape: GenerationShape,
  withLatents: boolean,
): Float32Array {
  const { batch, prefix, latents } = shape;
  const slots = cacheSlots(settings, shape);
  const mask_BC = new Float32Array(batch * slots).fill(HIDDEN);
  items.forEach((item, b) => {
    const row = mask_BC.subarray(b * slots, (b + 1) * slots);
    row.fill(0, 0, item.question.length);
    if (withLatents) row.fill(0, prefix, prefix + itemLatents(settings, item));
    if (hasQuery(settings)) row[prefix + latents] = 0;
  });
  return mask_BC;
}
