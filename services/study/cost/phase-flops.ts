// What a phase costs in floating-point operations, before it runs. A multiplication and an addition count as two. Forward: 2 x parameters
// x rows, attention 4 x rows x keys x query width a layer, masked scores included as they are computed; backward: twice that where weights
// are trained, once where gradients only pass through frozen ones, nothing where none flow (the Base pass under a frozen Base).
// Lengths are the task's means (task-tokens.ts); padding of a batch, norms and the optimizer are not counted.

import { phaseSteps, type SplitSizes, stageCount } from '../plan/index.ts';
import {
  type BasePhaseConfig,
  BENCHMARK_CHOICES,
  type Channel,
  type CurriculumSettings,
  type EvaluatePhaseConfig,
  type FinetunePhaseConfig,
  isBenchmark,
  objectiveOf,
  objectivesOf,
  type PhaseConfig,
  type PretrainPhaseConfig,
  type SystemName,
} from '../settings/index.ts';
import {
  computedModel,
  exchangedLayers,
  layerParameters,
  type ModelShape,
  stepDecoderLayers,
  systemTraits,
  trainsThroughCache,
} from '../systems/index.ts';
import type { TaskTokens } from './task-tokens.ts';

/** Forward and backward pass of a part whose weights are trained, in forward passes. */
const TRAINED = 3;
/** The same where gradients only pass through. */
const PASSED_THROUGH = 2;
const FORWARD = 1;

/** One forward pass of `rows` rows that each score `keys` keys, without the head. */
export function passFlops(shape: ModelShape, rows: number, keys: number): number {
  const { layers, heads, headWidth } = shape;
  return layers * (2 * layerParameters(shape) * rows + 4 * rows * keys * heads * headWidth);
}

/** Logits of `rows` rows. */
export function headFlops(shape: ModelShape, vocabulary: number, rows: number): number {
  return 2 * vocabulary * shape.width * rows;
}

/** Of the whole phase. */
export function phaseFlops(config: PhaseConfig, shape: ModelShape, tokens: TaskTokens, sizes: SplitSizes): number {
  switch (config.kind) {
    case 'base':
      return phaseSteps(config, sizes) * baseStepFlops(config, shape, tokens);
    case 'pretrain':
      return phaseSteps(config, sizes) * pretrainStepFlops(config, shape, tokens);
    case 'finetune':
      return finetuneFlops(config, shape, tokens, sizes);
    case 'evaluate': {
      const items = Math.min(config.evaluate.items ?? sizes[config.evaluate.split], sizes[config.evaluate.split]);
      const { interventions = [] } = config.evaluate;
      // each test decodes the answer again, and scores the gold one as the latents as they are do
      const passes = interventions.length === 0 ? 1 : 2 * (1 + interventions.length);
      return items * passes * itemFlops(config, shape, tokens);
    }
    case 'analyse': {
      const items = Math.min(config.analyse.items ?? sizes[config.analyse.split], sizes[config.analyse.split]);
      const lengths = { latents: config.latents, target: tokens.answer };
      const { question, latents, decoding } = forwardFlops(config, shape, tokens, lengths);
      return items * (2 * (question + latents) + decoding);
    }
  }
}

function baseStepFlops({ base }: BasePhaseConfig, shape: ModelShape, tokens: TaskTokens): number {
  const { vocabulary, question, fullTarget } = tokens;
  if (base.learns === 'solutions') {
    const body = passFlops(shape, question + fullTarget, question + fullTarget);
    return TRAINED * base.batch * (body + headFlops(shape, vocabulary, fullTarget));
  }
  const length = base.sequence ?? shape.context;
  return TRAINED * base.batch * (passFlops(shape, length, length) + headFlops(shape, vocabulary, length));
}

/** Every sequence once through the Base, its sites through what follows; the prefix loss needs a head of its own. */
function pretrainStepFlops(config: PretrainPhaseConfig, shape: ModelShape, { vocabulary }: TaskTokens): number {
  const { batch, sequence, prefixLmLossWeight } = config.pretrain;
  const length = sequence ?? shape.context;
  const { question, sites } = siteLengths(config, config.pretrain, length);
  const prefixLoss = prefixLmLossWeight > 0 ? TRAINED * headFlops(shape, vocabulary, length) : 0;
  const { system, channel, latents, pretrain } = config;
  const isShaped = objectiveOf(objectivesOf(config), 'orthogonality') !== null;
  const shaped = isShaped ? pretrain.sites * cosineFlops(system, channel, shape, latents) : 0;
  return batch * (exampleFlops(config, shape, { question, vocabulary }, sites) + prefixLoss + shaped);
}

/** All sites of a sequence together, as one pass computes them; in plain systems the whole sequence is the target. */
function siteLengths(
  { system, latents }: Pick<PretrainPhaseConfig, 'system' | 'latents'>,
  { sites, ahead }: { readonly sites: number; readonly ahead: number },
  length: number,
): { readonly question: number; readonly sites: Lengths } {
  if (systemTraits(system).plain) return { question: 0, sites: { latents: 0, target: length } };
  return { question: length, sites: { latents: sites * latents, target: sites * ahead } };
}

/** Latents and target tokens of an example in each stage (docs/design/study.md section 5). */
function stageLengths(
  curriculum: CurriculumSettings | null,
  latents: number,
  tokens: TaskTokens,
): readonly { readonly latents: number; readonly target: number }[] {
  if (curriculum === null) return [{ latents, target: tokens.answer }];
  const { stages, firstStage } = curriculum;
  return Array.from({ length: stageCount(curriculum) }, (_, index) => {
    const stage = firstStage + index;
    if (stage > stages) return { latents, target: tokens.answer };
    const kept = Math.max(0, tokens.steps - stage) / tokens.steps;
    return { latents: (latents * stage) / stages, target: tokens.answer + kept * (tokens.fullTarget - tokens.answer) };
  });
}

function finetuneFlops(config: FinetunePhaseConfig, shape: ModelShape, tokens: TaskTokens, sizes: SplitSizes): number {
  const lengths =
    config.system === 'cot'
      ? [{ latents: 0, target: tokens.fullTarget }]
      : stageLengths(config.curriculum, config.latents, tokens);
  const examples = (phaseSteps(config, sizes) / lengths.length) * config.train.batch;
  const shaped = (stage: Lengths, index: number): number =>
    exampleFlops(config, shape, tokens, stage) + objectiveFlops(config, shape, tokens, stage.latents, index);
  return lengths.reduce((sum, stage, index) => sum + examples * shaped(stage, index), 0);
}

/** Terms that shape the latents of one example: their cosines, and the step decoder over the steps that they replace. */
function objectiveFlops(
  config: FinetunePhaseConfig,
  shape: ModelShape,
  tokens: TaskTokens,
  present: number,
  stageIndex: number,
): number {
  const { system, channel, latents, curriculum } = config;
  const objectives = objectivesOf(config);
  const cosines = objectiveOf(objectives, 'orthogonality') === null ? 0 : cosineFlops(system, channel, shape, present);
  const layers = stepDecoderLayers({ system, shape, objectives });
  if (layers === null || curriculum === null || present === 0) return cosines;
  const { stages, firstStage } = curriculum;
  const replaced = Math.min(firstStage + stageIndex, stages, tokens.steps);
  const length = (tokens.fullTarget - tokens.answer) / Math.max(1, tokens.steps);
  const rows = latents / stages + length - 1;
  const body = passFlops({ ...shape, layers }, rows, rows);
  return cosines + replaced * (TRAINED * body + PASSED_THROUGH * headFlops(shape, tokens.vocabulary, length));
}

/** All pairs of the latents of one site, in every layer that exchanges them. */
function cosineFlops(system: SystemName, channel: Channel | null, shape: ModelShape, latents: number): number {
  const isKv = channel?.kind === 'kv';
  const layers = isKv ? exchangedLayers(system, channel, shape.layers).length : 1;
  return TRAINED * layers * 2 * latents * latents * (isKv ? shape.kvHeads * shape.headWidth : shape.width);
}

interface Lengths {
  readonly latents: number;
  readonly target: number;
}

type Configured = Pick<
  PretrainPhaseConfig | FinetunePhaseConfig | EvaluatePhaseConfig,
  'system' | 'channel' | 'gradThroughCache'
>;
type QuestionTokens = Pick<TaskTokens, 'question' | 'vocabulary'>;

/** Of one training example: Base over the question, latents, Base over what follows (docs/design/study.md section 3). */
export function exampleFlops(config: Configured, shape: ModelShape, tokens: QuestionTokens, lengths: Lengths): number {
  const { trainsBase } = systemTraits(config.system);
  const { question, latents, decoding } = forwardFlops(config, shape, tokens, lengths);
  const throughCache = trainsBase && trainsThroughCache(config.system, config.gradThroughCache);
  return (
    (throughCache ? TRAINED : FORWARD) * question +
    TRAINED * latents +
    (trainsBase ? TRAINED : PASSED_THROUGH) * decoding
  );
}

/** Of one question answered, sequence scored, or item of a benchmark with all its choices. */
function itemFlops(config: EvaluatePhaseConfig, shape: ModelShape, tokens: TaskTokens): number {
  const { task, evaluate, latents } = config;
  const whole = ({ question, latents: thought, decoding }: ForwardFlops): number => question + thought + decoding;
  if (evaluate.corpus !== undefined) {
    const { question, sites } = siteLengths(config, evaluate.corpus, evaluate.corpus.sequence ?? shape.context);
    return whole(forwardFlops(config, shape, { question, vocabulary: tokens.vocabulary }, sites));
  }
  if (!isBenchmark(task)) return answerFlops(config, shape, tokens);
  const choice = whole(forwardFlops(config, shape, tokens, { latents, target: tokens.answer }));
  return BENCHMARK_CHOICES[task.name] * choice;
}

/** One greedy answer with a cache: every row once, forward. */
function answerFlops(config: EvaluatePhaseConfig, shape: ModelShape, tokens: TaskTokens): number {
  const target = Math.min(config.evaluate.maxNewTokens, config.system === 'cot' ? tokens.fullTarget : tokens.answer);
  const { question, latents, decoding } = forwardFlops(config, shape, tokens, { latents: config.latents, target });
  return question + latents + decoding;
}

interface ForwardFlops {
  /** Base over the question; 0 in plain systems, whose only pass is `decoding`. */
  readonly question: number;
  /** Coprocessor over its soft tokens, or Coconut's Base over its own hidden states. */
  readonly latents: number;
  /** Base over latents (where they enter as rows), query and target, with the head. */
  readonly decoding: number;
}

function forwardFlops(
  { system, channel }: Configured,
  model: ModelShape,
  tokens: QuestionTokens,
  lengths: Lengths,
): ForwardFlops {
  const { question, vocabulary } = tokens;
  const { latents, target } = lengths;
  const { plain, coprocessor, softTokens, latentSource } = systemTraits(system);
  const shape = computedModel(system, model);
  const head = headFlops(shape, vocabulary, target);
  if (plain)
    return { question: 0, latents: 0, decoding: passFlops(shape, question + target, question + target) + head };
  const rows = target + (softTokens && coprocessor !== 'kv' ? latents : 0);
  const used = coprocessor === 'kv' ? Math.max(...exchangedLayers(system, channel, shape.layers)) + 1 : shape.layers;
  return {
    question: passFlops(shape, question, question),
    latents:
      coprocessor === null && latentSource !== 'own_hidden'
        ? 0
        : passFlops({ ...shape, layers: used }, latents, question + latents),
    decoding: passFlops(shape, rows, question + latents + target) + head,
  };
}
