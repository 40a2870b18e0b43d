// Which published result stands beside a cell. Equal model family, task and system; the latent budget too where the source has it for
// that budget, else the source's own budget is told and no difference is taken.

import type { SystemName } from '../../study/settings/index.ts';
import { PUBLISHED_RESULTS, type PublishedModel, type PublishedResult } from './published-results.ts';

export interface PublishedKey {
  readonly model: PublishedModel | null;
  readonly task: string;
  readonly system: string;
  readonly latents: number;
  readonly hasCurriculum: boolean;
}

export interface PublishedMatch {
  readonly result: PublishedResult;
  /** Same latent budget, or neither has any: the two may be subtracted. */
  readonly isSameBudget: boolean;
}

/** @returns null where nothing is published */
export function matchPublished(key: PublishedKey): PublishedMatch | null {
  const candidates = PUBLISHED_RESULTS.filter(
    ({ model, task, system, curriculum }) =>
      model === key.model &&
      task === key.task &&
      system === key.system &&
      (curriculum === null || curriculum === key.hasCurriculum),
  );
  const same = candidates.find(({ latents }) => (latents ?? budgetOf(key.system)) === key.latents);
  if (same !== undefined) return { result: same, isSameBudget: true };
  const [nearest] = candidates.toSorted((a, b) => distance(a, key) - distance(b, key));
  return nearest === undefined ? null : { result: nearest, isSameBudget: false };
}

const WITHOUT_LATENTS: readonly SystemName[] = ['cot', 'no_cot', 'continued_pretraining', 'without_thought'];

/** Latents of a result whose source names no budget: known only for systems that have none. */
function budgetOf(system: string): number | null {
  return WITHOUT_LATENTS.some((name) => name === system) ? 0 : null;
}

function distance({ latents }: PublishedResult, key: PublishedKey): number {
  return latents === null ? Number.MAX_VALUE : Math.abs(latents - key.latents);
}

/** @param model the trial's `model` settings: a shape with its family, or where weights are from @returns null = neither family */
export function publishedModelOf(model: {
  readonly family?: string | undefined;
  readonly weights?: string | undefined;
}): PublishedModel | null {
  const name = model.family ?? model.weights ?? '';
  if (/qwen-?3/i.test(name)) return 'qwen3';
  return /gpt-?2/i.test(name) ? 'gpt2' : null;
}
