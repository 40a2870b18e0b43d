// The sites of a corpus batch for one system: where they may stand, and which are drawn.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { SystemName } from '../../study/settings/index.ts';
import { siteRoom, systemTraits } from '../../study/systems/index.ts';
import { drawSites, latentsOf } from '../curriculum/index.ts';
import { type Draws, draws } from '../random/draws.ts';

export interface SitePlan {
  readonly system: SystemName;
  readonly latents: number;
  /** S. */
  readonly length: number;
  /** M. */
  readonly sites: number;
  /** N_A. */
  readonly ahead: number;
  readonly contextLength: number;
}

/** Of training row `row` of a step. */
export const trainingSites = (plan: SitePlan, seed: number, step: number, row: number): readonly number[] =>
  sitesOf(plan, draws('corpus-sites', seed, step, row));

/** Of a held-out sequence: the same for every seed and every system. */
export const evaluationSites = (plan: SitePlan, sequence: number): readonly number[] =>
  sitesOf(plan, draws('corpus-evaluation', sequence));

function sitesOf(plan: SitePlan, source: Draws): readonly number[] {
  return drawSites(source, plan.length - plan.ahead, roomOf(plan), plan.sites);
}

function roomOf({ system, latents, length, ahead, contextLength }: SitePlan): number {
  const plain = systemTraits(system).plain;
  return siteRoom({ sequence: length, ahead, latents: latentsOf(system, latents), plain, context: contextLength });
}

/** @throws LatentSweepError CONTEXT_EXCEEDED when fewer positions than sites leave room */
export function checkSiteRoom(plan: SitePlan, key: 'pretrain' | 'evaluate.corpus'): void {
  const { system, latents, length, sites, ahead, contextLength } = plan;
  if (length < 2 || length > contextLength) {
    throw new LatentSweepError(
      'CONTEXT_EXCEEDED',
      `${key}.sequence: ${length} tokens asked, 2 to ${contextLength} fit the model`,
      { key: `${key}.sequence`, needed: length, contextLength },
    );
  }
  const room = Math.max(0, roomOf(plan));
  if (room >= sites) return;
  throw new LatentSweepError(
    'CONTEXT_EXCEEDED',
    `${key}.sites: ${sites} asked, ${room} positions of ${length} tokens leave room for ${latentsOf(system, latents)} latents and ${ahead} tokens ahead in model.context ${contextLength}`,
    { key: `${key}.sites`, sites, room, contextLength },
  );
}
