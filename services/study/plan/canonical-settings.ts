// The one way to write a trial's settings: defaults filled in, equal meanings written equally, and whatever cannot influence a
// result set to its default. Identities are made from this form, so two files that mean the same work share it.

import {
  type BaseSettings,
  type Channel,
  canonicalInterventions,
  corpusEvaluationSchema,
  type EvaluateSettings,
  type Intervention,
  isBenchmark,
  type ModelSettings,
  type Objective,
  objectiveOf,
  type PretrainSettings,
  type TaskSettings,
  type TrainSettings,
  type TrialSettings,
} from '../settings/index.ts';
import {
  canonicalLayers,
  computedModel,
  type ModelShape,
  type SystemTraits,
  shapeOf,
  systemTraits,
} from '../systems/index.ts';
import { splitSizes, stageCount } from './phase-steps.ts';

/** @param shape of a model given by weights, where it is known; ignored for a model given by shape */
export function canonicalSettings(settings: TrialSettings, shape: ModelShape | null = null): TrialSettings {
  const { model, base, pretrain } = settings;
  const traits = systemTraits(settings.system);
  const { curriculum, train } = finetuneOf(settings, traits);
  const ownShape = shapeOf(model) ?? shape;
  /** Soft tokens and the query embedding start alike and form one parameter group. */
  const hasSoftGroup = traits.softTokens || (!traits.plain && settings.query === 'marker');
  const layersOfBase = ownShape === null ? null : computedModel(settings.system, ownShape).layers;
  const trained = { base: traits.trainsBase, coprocessor: traits.coprocessor !== null, soft: hasSoftGroup };
  return {
    ...settings,
    model: canonicalModel(model),
    base: base === null ? null : canonicalBase(base, ownShape),
    channel: canonicalChannel(settings.channel, traits, ownShape?.layers ?? null),
    latents: traits.latents ? settings.latents : 0,
    query: traits.plain ? 'marker' : settings.query,
    gradThroughCache: readsGradThroughCache(traits) ? settings.gradThroughCache : true,
    softInit: hasSoftGroup ? settings.softInit : 'mean',
    coprocessorInit: traits.coprocessor === null ? 'base' : settings.coprocessorInit,
    curriculum,
    pretrain: pretrain === null ? null : canonicalPretrain(pretrain, traits, trained, ownShape),
    train: train === null ? null : canonicalTrain(train, trained, settings.task, layersOfBase),
    evaluate: { ...canonicalEvaluate(settings, ownShape), interventions: canonicalTests(settings, traits) },
    analyse: canonicalAnalyse(settings, traits),
  };
}

/**
 * A corpus and a benchmark have nothing to finetune on, so a sweep over tasks may mix them with others. Stages mean nothing to a plain
 * system, which has no latents to replace steps by; it trains for as long as the others, in one.
 */
function finetuneOf(settings: TrialSettings, { plain }: SystemTraits): Pick<TrialSettings, 'curriculum' | 'train'> {
  const { task, curriculum, train } = settings;
  if (train === null || !hasQuestions(task)) return { curriculum: null, train: null };
  if (!plain) return { curriculum, train };
  const stages = stageCount(curriculum);
  const times = (length: number | null): number | null => (length === null ? null : length * stages);
  return {
    curriculum: null,
    train: { ...train, stepsPerStage: times(train.stepsPerStage), epochsPerStage: times(train.epochsPerStage) },
  };
}

/** Whether a task has worked examples to train and decode on. */
export const hasQuestions = (task: TrialSettings['task']): boolean => task.name !== 'corpus' && !isBenchmark(task);

function canonicalModel(model: ModelSettings): ModelSettings {
  if ('weights' in model) return model;
  const plain = shapeOf({ ...model, kvHeads: null, headWidth: null, inner: null });
  if (plain === null) return model;
  const nullIf = (value: number | null, usual: number): number | null => (value === usual ? null : value);
  return {
    ...model,
    kvHeads: nullIf(model.kvHeads, plain.kvHeads),
    headWidth: nullIf(model.headWidth, plain.headWidth),
    inner: nullIf(model.inner, plain.inner),
  };
}

function canonicalBase(base: BaseSettings, shape: ModelShape | null): BaseSettings {
  const isUsual = base.learns === 'solutions' || base.sequence === shape?.context;
  return { ...base, sequence: isUsual ? null : base.sequence };
}

function canonicalChannel(channel: Channel | null, traits: SystemTraits, layers: number | null): Channel | null {
  if (traits.coprocessor === null) return null;
  if (traits.coprocessor === 'embedding') return { kind: 'embedding', rank: channel?.rank ?? null };
  const selection = channel?.kind === 'kv' ? channel.layers : 'all';
  return { kind: 'kv', layers: canonicalLayers(selection, layers), rank: channel?.rank ?? null };
}

/** A frozen Base learns from no gradient; Coconut always keeps it (services/trainer/systems/training-graph.ts). */
function readsGradThroughCache(traits: SystemTraits): boolean {
  return !traits.plain && traits.trainsBase && traits.latentSource !== 'own_hidden';
}

/** Plain systems learn every token of a sequence, wherever sites would be. */
function canonicalPretrain(
  pretrain: PretrainSettings,
  { plain, trainsBase }: SystemTraits,
  trained: TrainedGroups,
  shape: ModelShape | null,
): PretrainSettings {
  const { sequence, batch, microbatch, sites, ahead, prefixLmLossWeight } = pretrain;
  return {
    ...pretrain,
    microbatch: microbatch === batch ? null : microbatch,
    sequence: sequence === shape?.context ? null : sequence,
    sites: plain ? 1 : sites,
    ahead: plain ? 1 : ahead,
    lr: canonicalRate(pretrain.lr, { ...trained, stepDecoder: false }),
    prefixLmLossWeight: plain || !trainsBase ? 0 : prefixLmLossWeight,
  };
}

/** Which parameter groups the system trains. */
interface TrainedGroups {
  readonly base: boolean;
  readonly coprocessor: boolean;
  readonly soft: boolean;
}

function canonicalTrain(
  train: TrainSettings,
  trained: TrainedGroups,
  task: TrialSettings['task'],
  layersOfBase: number | null,
): TrainSettings {
  const { select } = train;
  const valid = task.name === 'simulate' ? Infinity : splitSizes(task, null).valid;
  return {
    ...train,
    select: select === null ? null : { ...select, items: Math.min(select.items, valid) },
    microbatch: train.microbatch === train.batch ? null : train.microbatch,
    lr: canonicalRate(train.lr, { ...trained, stepDecoder: objectiveOf(train.objectives, 'steps') !== null }),
    objectives: canonicalObjectives(train.objectives, layersOfBase),
  };
}

/** By kind, whatever the order in which they were written: terms are added up. */
function canonicalObjectives(objectives: readonly Objective[], layersOfBase: number | null): Objective[] {
  return objectives
    .map((one) => (one.kind === 'steps' && one.layers === layersOfBase ? { ...one, layers: null } : one))
    .sort((a, b) => Number(a.kind > b.kind) - Number(a.kind < b.kind));
}

/** Rates of groups that the system does not train become 0; one rate for all that it trains becomes a number. */
function canonicalRate(
  lr: TrainSettings['lr'],
  trained: TrainedGroups & { readonly stepDecoder: boolean },
): TrainSettings['lr'] {
  if (typeof lr === 'number') return lr;
  const groups = ['base', 'coprocessor', 'soft', 'stepDecoder'] as const;
  const [first, ...others] = groups.filter((group) => trained[group]).map((group) => lr[group]);
  if (first !== undefined && others.every((rate) => rate === first)) return first;
  return {
    base: trained.base ? lr.base : 0,
    coprocessor: trained.coprocessor ? lr.coprocessor : 0,
    soft: trained.soft ? lr.soft : 0,
    ...(trained.stepDecoder && lr.stepDecoder !== undefined ? { stepDecoder: lr.stepDecoder } : {}),
  };
}

function canonicalEvaluate(
  { task, evaluate: written, pretrain }: TrialSettings,
  shape: ModelShape | null,
): EvaluateSettings {
  if (task.name === 'simulate') return written;
  // nothing is decoded there, and the file of a benchmark is the split
  if (isBenchmark(task)) return { ...written, split: 'test', maxNewTokens: NEVER_DECODED, corpus: null };
  if (task.name === 'corpus') return canonicalCorpus(written, pretrain, task, shape);
  return { ...written, items: canonicalItems(written, task), corpus: null };
}

/** Only latents can be replaced, and only where answers are decoded. */
function canonicalTests({ task, latents, evaluate }: TrialSettings, traits: SystemTraits): Intervention[] {
  return canonicalInterventions(evaluate.interventions, traits.latents && hasQuestions(task) ? latents : 0);
}

function canonicalAnalyse({ task, latents, analyse }: TrialSettings, traits: SystemTraits): TrialSettings['analyse'] {
  if (analyse === null || task.name === 'simulate' || !traits.latents || latents === 0 || !hasQuestions(task))
    return null;
  return { ...analyse, items: canonicalItems(analyse, task) };
}

function canonicalItems(
  { items, split }: Pick<EvaluateSettings, 'items' | 'split'>,
  task: TaskSettings,
): number | null {
  return items !== null && items >= splitSizes(task, null)[split] ? null : items;
}

/** The default, so that trials which never decode are the same whatever was written. */
const NEVER_DECODED = 64;

function canonicalCorpus(
  written: EvaluateSettings,
  pretrain: PretrainSettings | null,
  task: TaskSettings,
  shape: ModelShape | null,
): EvaluateSettings {
  const { sequence, sites, ahead } = written.corpus ?? pretrain ?? corpusEvaluationSchema.parse({});
  return {
    ...written,
    items: canonicalItems(written, task),
    maxNewTokens: NEVER_DECODED,
    corpus: { sequence: sequence === shape?.context ? null : sequence, sites, ahead },
  };
}
