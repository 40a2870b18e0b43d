// From a trial's settings to its phases: base (when the model is trained from scratch), pretrain, finetune, evaluate, analyse. Each phase's config
// holds exactly what can change its result, so cells that differ elsewhere share it: all cells over one Base have one base phase.

import type { TrialKey } from '../../../workflows/domain/ids.ts';
import {
  type AnyPhaseConfig,
  isBenchmark,
  type PhaseConfig,
  type PlannedPhase,
  type SimulateTask,
  type TaskSettings,
  type TrialSettings,
} from '../settings/index.ts';
import { systemTraits } from '../systems/index.ts';
import { canonicalSettings } from './canonical-settings.ts';
import { contentHash, phaseKey, trialKey } from './identity.ts';
import { phaseSteps, splitSizes } from './phase-steps.ts';
import type { SweepSpec } from './sweep-spec.ts';

export interface Pipeline {
  readonly key: TrialKey;
  /** In canonical form. */
  readonly settings: TrialSettings;
  readonly phases: readonly PlannedPhase[];
  readonly stepsByPhase: readonly number[];
}

/** @param files facts of the files that the settings name */
export function pipelineOf(written: TrialSettings, files: SweepSpec['files'] = {}): Pipeline {
  const { model, task } = written;
  if (task.name === 'simulate') return simulatedPipeline(written, task);
  const settings = canonicalSettings(written, 'weights' in model ? (files[model.weights]?.shape ?? null) : null);
  const hashes = Object.fromEntries(Object.entries(files).map(([name, facts]) => [name, facts.sha256]));
  const configs = configsOf(settings, task);
  const phases: PlannedPhase[] = [];
  for (const config of configs) {
    const before = phases.at(-1);
    // an analysis looks at the same weights as the evaluation before it
    const parent = (config.kind === 'analyse' ? before?.parent : before?.key) ?? null;
    phases.push({ key: phaseKey(config, hashes, parent), config, parent });
  }
  const sizes = splitSizes(task, examplesIn(task, files));
  return {
    key: trialKey(phases.map((phase) => phase.key)),
    settings,
    phases,
    stepsByPhase: configs.map((config) => phaseSteps(config, sizes)),
  };
}

/** One phase, whatever a trial with these settings would have: sleeping needs no Base and no evaluation. */
function simulatedPipeline(written: TrialSettings, task: SimulateTask): Pipeline {
  const settings = canonicalSettings(written);
  const { seed, ...others } = settings;
  const config: AnyPhaseConfig = {
    kind: 'simulate',
    task,
    standsFor: contentHash({ ...others, task: null }),
    seed,
  };
  const key = phaseKey(config, {}, null);
  return { key: trialKey([key]), settings, phases: [{ key, config, parent: null }], stepsByPhase: [task.steps] };
}

function configsOf(settings: TrialSettings, task: TaskSettings): readonly PhaseConfig[] {
  const { model, tokenizer, base, pretrain, train, system, channel, latents, seed } = settings;
  const { plain } = systemTraits(system);
  const about = { model, tokenizer, task };
  const query = plain ? null : settings.query;
  const exchange = { channel, latents, query };
  const { gradThroughCache, softInit, coprocessorInit, curriculum } = settings;
  const configs: PhaseConfig[] = [];
  // the Base of a corpus stage learns the same text, which a benchmark would not have
  if (base !== null) configs.push({ kind: 'base', ...about, task: pretrain?.corpus ?? task, base });
  if (pretrain !== null) {
    const { corpus, objectives, ...others } = pretrain;
    const training = { ...others, ...(objectives.length === 0 ? {} : { objectives }) };
    // on running text the plain systems are one
    const trained = plain ? 'continued_pretraining' : system;
    const start = { gradThroughCache, softInit, coprocessorInit };
    configs.push({
      kind: 'pretrain',
      ...about,
      task: corpus ?? task,
      system: trained,
      ...exchange,
      ...start,
      pretrain: training,
      seed,
    });
  }
  if (train !== null) {
    const start = { gradThroughCache, softInit, coprocessorInit };
    const { select, objectives, ...training } = train;
    const finetune = {
      ...training,
      ...(select === null ? {} : { select }),
      ...(objectives.length === 0 ? {} : { objectives }),
    };
    configs.push({ kind: 'finetune', ...about, system, ...exchange, ...start, curriculum, train: finetune, seed });
  }
  const { corpus, interventions, ...evaluate } = settings.evaluate;
  // no gradient is taken at evaluation, so the switch is left at its default there
  const trained = { ...about, system, ...exchange, gradThroughCache: true };
  const asked = {
    ...(corpus === null ? {} : { corpus }),
    ...(interventions.length === 0 ? {} : { interventions }),
  };
  configs.push({ kind: 'evaluate', ...trained, evaluate: { ...evaluate, ...asked } });
  if (settings.analyse !== null) configs.push({ kind: 'analyse', ...trained, analyse: settings.analyse });
  return configs;
}

/** Problems in the file that a task names, where it is known. */
export function examplesIn(task: TaskSettings, files: SweepSpec['files']): number | null {
  const file = isBenchmark(task) ? task.file : 'trainFile' in task ? task.trainFile : null;
  return file === null ? null : (files[file]?.examples ?? null);
}
