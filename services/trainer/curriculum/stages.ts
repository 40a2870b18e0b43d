// Which part of the chain of thought each stage of a finetune keeps and how many latents stand for the rest: Coconut's staged curriculum
// (docs/design/study.md section 5). Pure; the number of stages is that of services/study/plan/phase-steps.ts.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { CurriculumSettings, SystemName } from '../../study/settings/index.ts';
import { systemTraits } from '../../study/systems/index.ts';

export interface Stage {
  /** Steps removed from the front of every chain; Infinity removes all. */
  readonly droppedSteps: number;
  /** Latents of every item, also of chains shorter than droppedSteps. */
  readonly latents: number;
}

/** Worked examples as they are. */
export const WHOLE_CHAIN: Stage = { droppedSteps: 0, latents: 0 };

/** Latents an item of this system really gets: none where the system has no latents. */
export function latentsOf(system: SystemName, latents: number): number {
  return systemTraits(system).latents ? latents : 0;
}

/**
 * Stages in order. `cot` keeps every step and `no_cot` none in all of them, so that plain systems train for as long as the others.
 * Without a curriculum one stage: all latents, no steps.
 * @throws LatentSweepError CONFIG_INVALID naming the key
 */
export function planStages(
  system: SystemName,
  latents: number,
  curriculum: CurriculumSettings | null,
): readonly Stage[] {
  if (system === 'continued_pretraining') {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      'system: continued_pretraining trains on running text; for finetune use cot or no_cot',
      { key: 'system' },
    );
  }
  const present = latentsOf(system, latents);
  if (curriculum === null) return [plainly(system, { droppedSteps: Infinity, latents: present })];
  const { stages, firstStage, finalStage } = curriculum;
  if (firstStage > stages) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `curriculum.firstStage: ${firstStage} is beyond the ${stages} stages`,
      {
        key: 'curriculum.firstStage',
      },
    );
  }
  if (present % stages !== 0) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `latents: ${present} is not a multiple of the ${stages} stages (curriculum.stages)`,
      { key: 'latents', latents: present, stages },
    );
  }
  const perStep = present / stages;
  const staged = Array.from({ length: stages - firstStage + 1 }, (_, index) => firstStage + index).map((stage) => ({
    droppedSteps: stage,
    latents: stage * perStep,
  }));
  if (finalStage) staged.push({ droppedSteps: Infinity, latents: present });
  return staged.map((stage) => plainly(system, stage));
}

function plainly(system: SystemName, stage: Stage): Stage {
  if (system === 'cot') return WHOLE_CHAIN;
  if (system === 'no_cot') return { droppedSteps: Infinity, latents: 0 };
  return stage;
}
