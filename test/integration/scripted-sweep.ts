// Sweeps of scripted trials: a spec is a list of trials, each a pipeline of phases named by text; equal names are shared phases.

import { createHash } from 'node:crypto';
import type { PlanSweep, SweepClientOptions } from '../../services/orchestrator/index.ts';
import type { CellPlan } from '../../services/store/types.ts';
import { basePhaseSchema } from '../../services/study/settings/phases.ts';
import type { Resources } from '../../services/study/settings/settings.ts';
import { asPhaseKey, asTrialKey } from '../../workflows/domain/ids.ts';
import type { Retries } from '../../workflows/domain/retries.ts';
import type { TrainerScript } from './scripted-trainer-child.ts';
import type { PhaseScript } from './scripted-worker.ts';

export interface ScriptedPhase extends PhaseScript, Pick<TrainerScript, 'hold'> {
  readonly name: string;
}
export interface ScriptedSpec {
  /** As in a sweep file. */
  readonly retries?: Retries;
  readonly resources?: Partial<Resources>;
  readonly trials: readonly (readonly ScriptedPhase[])[];
}

export const keyOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 32);

const template = basePhaseSchema.parse({
  kind: 'base',
  model: { family: 'gpt2', layers: 1, width: 8, heads: 1 },
  tokenizer: 'bytes',
  task: { name: 'countdown' },
  base: {},
});

/** The script travels in the model's weights path, the only free text of a phase's config. */
export function configOfScript(script: object): CellPlan['trial']['phases'][number]['config'] {
  return { ...template, model: { weights: JSON.stringify(script) } };
}

export function scriptOf(configJson: string): PhaseScript {
  const config: unknown = JSON.parse(configJson);
  const { model } = basePhaseSchema.parse(config);
  if (!('weights' in model)) throw new Error('not a scripted phase');
  return JSON.parse(model.weights) as PhaseScript;
}

export const planScripted: PlanSweep = (spec) => {
  const { trials } = spec as ScriptedSpec;
  return {
    size: trials.length,
    cell: (index) => {
      const phases = trials[index] ?? [];
      const planned = phases.map((phase, i) => ({
        key: asPhaseKey(keyOf(phase.name)),
        config: configOfScript(phase),
        parent: i === 0 ? null : asPhaseKey(keyOf(phases[i - 1]?.name ?? '')),
      }));
      return {
        trial: { key: asTrialKey(keyOf(phases.map((one) => one.name).join('>'))), cell: index, phases: planned },
        settings: { index },
        point: { index },
        system: 'liu',
        task: 'countdown',
        latents: 4,
        channel: 'embedding',
        capacityFloatsPerLatent: 8,
        seed: index,
        totalStepsByPhase: phases.map((one) => one.steps),
      };
    },
  };
};

/** Trials are compared by their names. */
export const compareScripted: NonNullable<SweepClientOptions['compare']> = (first, second) => {
  const [had, has] = [first, second].map((spec) => {
    const plan = planScripted(spec);
    return Array.from({ length: plan.size }, (_, index) => plan.cell(index).trial.key);
  });
  return {
    lost: had?.filter((key) => has?.includes(key) !== true) ?? [],
    isWider: has?.some((key) => had?.includes(key) !== true) ?? false,
    otherKeys: [],
  };
};

/** `count` trials that share one base phase, each with a finetune of its own. */
export function sharedBaseSpec(count: number, phase: Omit<ScriptedPhase, 'name'>, prefix = 't'): ScriptedSpec {
  return {
    trials: Array.from({ length: count }, (_, i) => [
      { name: `${prefix}-base`, steps: 3, stepMs: phase.stepMs },
      { name: `${prefix}-finetune-${i}`, ...phase },
    ]),
  };
}
