// Turns a batch of tokens into the integer arrays a training graph reads, padded to static shapes.
// Padding never changes a number: padded prefix rows come last, padded site rows carry site -1, padded scores weight 0.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { objectiveOf } from '../../study/settings/index.ts';
import { computedModel, systemTraits } from '../../study/systems/index.ts';
import type { Batch, CurriculumItem } from './batch.ts';
import { checkTokens } from './batch-tokens.ts';
import { bucket, scoredBucket } from './buckets.ts';
import type { BatchShape, TrainingSettings } from './building.ts';
import { type PreparedSteps, pairWeights, prepareSteps } from './objective-arrays.ts';
import { padRows, RowArrays, Scores } from './row-arrays.ts';

/** What the means of a batch's loss and terms are over; padding not counted. */
export interface BatchCounts {
  /** Scored targets. */
  readonly targets: number;
  /** Next-token targets of the Base pass, where a prefix loss is asked for. */
  readonly prefixTargets: number;
  /** Sites with at least two latents, where their pairs are compared. */
  readonly comparedSites: number;
  /** Tokens of replaced steps, where a step decoder learns them. */
  readonly stepTokens: number;
}

export interface PreparedBatch {
  readonly shape: BatchShape;
  readonly counts: BatchCounts;
  /** @param whole counts of the whole accumulated batch, of which this may be a part */
  arrays(whole: BatchCounts): ReadonlyMap<string, Float32Array | BigInt64Array>;
}

/** One row of the batch in the common form of both objectives. */
interface Sequence {
  readonly prefix: readonly number[];
  readonly sites: readonly Site[];
}

interface Site {
  /** Last visible prefix position. */
  readonly last: number;
  readonly latents: number;
  readonly targets: readonly number[];
}

/**
 * @throws LatentSweepError DATA_INVALID, TOKEN_OUT_OF_RANGE, CONTEXT_EXCEEDED or NO_TARGETS for a batch the model cannot take
 */
export function prepareBatch(settings: TrainingSettings, batch: Batch): PreparedBatch {
  const sequences =
    batch.kind === 'curriculum'
      ? batch.items.map((item) => curriculumSequence(settings, item))
      : corpusSequences(settings, batch);
  if (sequences.length === 0 || sequences.every(({ sites }) => sites.every((site) => site.targets.length === 0))) {
    throw new LatentSweepError('NO_TARGETS', 'a batch has no scored target');
  }
  for (const sequence of sequences) checkSequence(settings, sequence);
  const padded = batch.kind === 'curriculum';
  return systemTraits(settings.system).plain
    ? preparePlain(sequences, padded, settings.model.contextLength)
    : prepareSites(settings, sequences, padded, stepsOf(settings, batch));
}

/** Null where nothing is asked of replaced steps. */
function stepsOf(settings: TrainingSettings, batch: Batch): PreparedSteps | null {
  if (objectiveOf(settings.objectives ?? [], 'steps') === null || batch.kind !== 'curriculum') return null;
  return prepareSteps(settings, batch.items);
}

function curriculumSequence(settings: TrainingSettings, item: CurriculumItem): Sequence {
  if (item.question.length === 0) throw new LatentSweepError('DATA_INVALID', 'an item has an empty question');
  if (item.target.length === 0) throw new LatentSweepError('NO_TARGETS', 'an item has an empty target');
  if (!(Number.isInteger(item.latents) && item.latents >= 0 && item.latents <= settings.latents)) {
    throw new LatentSweepError(
      'DATA_INVALID',
      `an item asks for ${item.latents} latents, the system has ${settings.latents}`,
    );
  }
  return {
    prefix: item.question,
    sites: [{ last: item.question.length - 1, latents: item.latents, targets: item.target }],
  };
}

function corpusSequences(settings: TrainingSettings, batch: Extract<Batch, { kind: 'corpus' }>): readonly Sequence[] {
  const length = batch.tokens[0]?.length ?? 0;
  const odd = batch.tokens.find((tokens) => tokens.length !== length);
  if (odd)
    throw new LatentSweepError('DATA_INVALID', `a corpus batch has rows of ${length} and of ${odd.length} tokens`);
  if (systemTraits(settings.system).plain) {
    return batch.tokens.map((tokens) => ({
      prefix: tokens.slice(0, 1),
      sites: [{ last: 0, latents: 0, targets: tokens.slice(1) }],
    }));
  }
  if (systemTraits(settings.system).latentSource === 'own_hidden')
    throw new LatentSweepError('CONFIG_INVALID', `${settings.system} has no corpus objective`, { key: 'system' });
  return batch.tokens.map((prefix, row) => ({
    prefix,
    sites: (batch.sites?.[row] ?? []).map((last, index, sites) => {
      const before = sites[index - 1] ?? -1;
      if (last <= before) {
        throw new LatentSweepError('DATA_INVALID', `site ${last} comes after site ${before}: sites must ascend`);
      }
      if (!(Number.isInteger(last) && last >= 0 && last + batch.ahead < prefix.length)) {
        throw new LatentSweepError(
          'DATA_INVALID',
          `site ${last} leaves no room for ${batch.ahead} targets in ${prefix.length} tokens`,
        );
      }
      return { last, latents: settings.latents, targets: prefix.slice(last + 1, last + 1 + batch.ahead) };
    }),
  }));
}

function checkSequence(settings: TrainingSettings, { prefix, sites }: Sequence): void {
  const { vocabSize, contextLength } = computedModel(settings.system, settings.model);
  checkTokens(prefix, vocabSize);
  for (const { targets } of sites) checkTokens(targets, vocabSize);
  const query = systemTraits(settings.system).plain ? 0 : 1;
  const needed = Math.max(
    prefix.length,
    ...sites.map((site) => site.last + site.latents + query + site.targets.length),
  );
  if (needed > contextLength) {
    throw new LatentSweepError('CONTEXT_EXCEEDED', `${needed} positions are needed, the model has ${contextLength}`, {
      needed,
      contextLength,
    });
  }
}

const longest = <T>(items: readonly T[], size: (item: T) => number): number =>
  items.reduce((most, item) => Math.max(most, size(item)), 0);

function preparePlain(sequences: readonly Sequence[], padded: boolean, contextLength: number): PreparedBatch {
  const rows = sequences.map(({ prefix, sites }) => {
    const targets = sites.flatMap((site) => site.targets);
    return { ids: [...prefix, ...targets.slice(0, -1)], from: prefix.length - 1, targets };
  });
  const round = padded ? bucket : (size: number) => size;
  const prefix = Math.min(round(longest(rows, (row) => row.ids.length)), contextLength);
  const targets = rows.reduce((sum, row) => sum + row.targets.length, 0);
  const shape: BatchShape = {
    batch: rows.length,
    prefix,
    sites: 0,
    latents: 0,
    ahead: 0,
    scored: padded ? scoredBucket(targets) : targets,
  };
  return {
    shape,
    counts: { targets, prefixTargets: 0, comparedSites: 0, stepTokens: 0 },
    arrays(whole) {
      const scores = new Scores(shape.scored, rows.length * prefix, whole.targets);
      const ids = rows.map((row) => row.ids);
      rows.forEach((row, b) => row.targets.forEach((target, a) => scores.add(b * prefix + row.from + a, target)));
      return new Map([['prefix.ids', padRows(ids, rows.length, prefix)], ...scores.arrays()]);
    },
  };
}

function prepareSites(
  settings: TrainingSettings,
  sequences: readonly Sequence[],
  padded: boolean,
  steps: PreparedSteps | null,
): PreparedBatch {
  const round = padded ? bucket : (size: number) => size;
  const allSites = sequences.flatMap(({ sites }) => sites);
  const targets = allSites.reduce((sum, site) => sum + site.targets.length, 0);
  const hasLatents = systemTraits(settings.system).latents;
  const shape: BatchShape = {
    batch: sequences.length,
    prefix: Math.min(round(longest(sequences, ({ prefix }) => prefix.length)), settings.model.contextLength),
    sites: longest(sequences, ({ sites }) => sites.length),
    latents: hasLatents ? longest(allSites, (site) => site.latents) : 0,
    ahead: round(longest(allSites, (site) => site.targets.length)),
    scored: padded ? scoredBucket(targets) : targets,
    ...(steps === null || steps.shape === null ? {} : { steps: steps.shape }),
  };
  const comparesPairs = objectiveOf(settings.objectives ?? [], 'orthogonality') !== null;
  const withPrefixLoss = settings.prefixLmLossWeight > 0;
  if (withPrefixLoss && padded)
    throw new LatentSweepError('CONFIG_INVALID', 'prefix_lm_loss_weight belongs to the corpus objective', {
      key: 'prefix_lm_loss_weight',
    });
  return {
    shape,
    counts: {
      targets,
      prefixTargets: withPrefixLoss ? shape.batch * (shape.prefix - 1) : 0,
      comparedSites: comparesPairs ? allSites.filter((site) => site.latents > 1).length : 0,
      stepTokens: steps?.tokens ?? 0,
    },
    arrays(whole) {
      const latentsOfSites = sequences.map((sequence) => sequence.sites.map((site) => site.latents));
      return new Map([
        ...siteArrays(settings, sequences, shape, whole.targets),
        ...(withPrefixLoss ? prefixArrays(sequences, settings.prefixLmLossWeight / whole.prefixTargets) : []),
        ...(comparesPairs ? pairWeights(latentsOfSites, shape, whole.comparedSites) : []),
        ...(steps?.arrays(shape, whole.stepTokens) ?? []),
      ]);
    },
  };
}

/** @param weight of each next-token target of the Base pass */
function prefixArrays(
  sequences: readonly Sequence[],
  weight: number,
): readonly (readonly [string, Float32Array | BigInt64Array])[] {
  const next = sequences.flatMap(({ prefix }) => prefix.slice(1));
  return [
    ['prefix.targets', BigInt64Array.from(next, BigInt)],
    ['prefix.weights', new Float32Array(next.length).fill(weight)],
  ];
}

function siteArrays(
  settings: TrainingSettings,
  sequences: readonly Sequence[],
  shape: BatchShape,
  totalTargets: number,
) {
  const { batch, prefix, sites, latents, ahead } = shape;
  const latentRows = new RowArrays(batch * sites * latents);
  const decodeRows = new RowArrays(batch * sites * ahead);
  const withQueryToken = settings.query === 'marker';
  const idsPerSite = withQueryToken ? ahead - 1 : ahead;
  const ids = new BigInt64Array(batch * sites * idsPerSite);
  const last = new BigInt64Array(batch);

  // systems that feed latents as rows put them before the decoding rows of the same batch row
  const latentsAreRows =
    ['soft_tokens', 'coprocessor_embedding'].includes(systemTraits(settings.system).latentSource) && latents > 0;
  const offset = latentsAreRows ? sites * latents : 0;
  const queries = offset + sites * ahead;
  const scores = new Scores(shape.scored, batch * queries, totalTargets);

  sequences.forEach((sequence, b) => {
    last[b] = BigInt(b * prefix + sequence.prefix.length - 1);
    sequence.sites.forEach((site, m) => {
      for (let t = 0; t < site.latents && t < latents; t++)
        latentRows.set((b * sites + m) * latents + t, m, t, site.last);
      const readAhead = site.targets.slice(0, -1);
      const read = withQueryToken ? readAhead : [sequence.prefix[site.last] ?? 0, ...readAhead];
      read.forEach((token, a) => (ids[(b * sites + m) * idsPerSite + a] = BigInt(token)));
      site.targets.forEach((target, a) => {
        decodeRows.set((b * sites + m) * ahead + a, m, site.latents + a, site.last);
        scores.add(b * queries + offset + m * ahead + a, target);
      });
    });
  });
  const prefixes = sequences.map((sequence) => sequence.prefix);
  return new Map<string, Float32Array | BigInt64Array>([
    ['prefix.ids', padRows(prefixes, batch, prefix)],
    ['prefix.last', last],
    ['decode.ids', ids],
    ...latentRows.arrays('latents'),
    ...decodeRows.arrays('decode'),
    ...scores.arrays(),
  ]);
}
