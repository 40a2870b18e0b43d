// Which objectives a phase has, asked by plan, check, cost and trainer alike (docs/design/study.md section 12).

import type { AnyPhaseConfig } from './phases.ts';
import type { Objective } from './training-settings.ts';

/** Terms beside the cross-entropy; none in phases that train nothing, or the Base. */
export function objectivesOf(config: AnyPhaseConfig): readonly Objective[] {
  if (config.kind === 'finetune') return config.train.objectives ?? [];
  return config.kind === 'pretrain' ? (config.pretrain.objectives ?? []) : [];
}

/** The one of this kind; null where it is not asked for. Each kind is there at most once. */
export function objectiveOf<Kind extends Objective['kind']>(
  objectives: readonly Objective[],
  kind: Kind,
): Extract<Objective, { readonly kind: Kind }> | null {
  const isOfKind = (one: Objective): one is Extract<Objective, { readonly kind: Kind }> => one.kind === kind;
  return objectives.find(isOfKind) ?? null;
}
