// Finds bad input before a slot is taken: missing or broken files, keys that do not fit each other, questions without room in the context.
// It reads data but creates no session and no weights.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { phaseSteps } from '../../study/plan/index.ts';
import type { EvaluatePhaseConfig, ModelSettings, PhaseConfig, SystemName } from '../../study/settings/index.ts';
import { systemTraits } from '../../study/systems/index.ts';
import { latentsOf, planStages, questionTokens, sequencesIn, targetTokens } from '../curriculum/index.ts';
import { createTask, questionsOf, type Split } from '../tasks/index.ts';
import { createTokenizer, type Tokenizer } from '../tokenizers/index.ts';
import { describeWeights, resolveLocalModel } from '../weights/index.ts';
import { checkSiteRoom } from './corpus-sites.ts';
import { channelOf } from './engine-config.ts';
import { choiceItems } from './evaluate-choices.ts';
import { corpusScoring, scoringSites } from './evaluate-corpus.ts';
import { softInitOf } from './finetune-phase.ts';
import { loadPhaseData, type PhaseData, sizesOf, type UnreadCorpus } from './phase-data.ts';

/** Training examples whose room is checked beforehand; a longer one later still fails by name in its step. */
const CHECKED_EXAMPLES = 512;

export interface PhaseFacts {
  readonly totalSteps: number;
  /** Ids of the tokenizer. */
  readonly vocabularySize: number;
  readonly contextLength: number;
}

/**
 * Asks the hub for the shape behind a hub name, but downloads no weights.
 * @returns what can be said of the phase before it runs
 * @throws LatentSweepError CONFIG_INVALID, DATA_MISSING, DATA_INVALID, WEIGHTS_INVALID, CONTEXT_EXCEEDED or TOKEN_OUT_OF_RANGE naming key,
 * file or item
 */
export const checkPhaseConfig = (config: PhaseConfig): Promise<PhaseFacts> => phaseChecker()(config);

/**
 * As `checkPhaseConfig` for many phases: tasks, tokens and models that they share are read once.
 * @param readsCorpora false = what depends on the text of a corpus is left to the phase: broken lines, too little of it
 */
export function phaseChecker(readsCorpora = true): (config: PhaseConfig) => Promise<PhaseFacts> {
  const data = new Map<string, Promise<Checked>>();
  const contexts = new Map<string, Promise<number>>();
  return async (config) => {
    const { task, tokenizer: named, model } = config;
    const read = await once(data, JSON.stringify([task, named]), () => readData(config, readsCorpora));
    const contextLength = await once(contexts, JSON.stringify([model, named, task]), () =>
      contextLengthOf(model, read.tokenizer),
    );
    if (config.kind !== 'base') channelOf(config.system, config.channel);
    if (config.kind === 'finetune' || config.kind === 'pretrain') softInitOf(config.softInit, read.tokenizer);
    checkRoom(config, read.data, read.tokenizer, contextLength);
    const { vocabularySize } = read.tokenizer;
    return { totalSteps: phaseSteps(config, sizesOf(read.data)), vocabularySize, contextLength };
  };
}

interface Checked {
  readonly data: PhaseData | UnreadCorpus;
  /** Remembers the ids of each text: the room of one example is looked at for many phases. */
  readonly tokenizer: Tokenizer;
}

async function readData(config: PhaseConfig, readsCorpora: boolean): Promise<Checked> {
  const task = createTask(config.task);
  const tokenizer = createTokenizer(config.tokenizer, task);
  const isLeftOut = task.kind === 'corpus' && !readsCorpora;
  const data = isLeftOut ? ({ kind: 'unread', task } as const) : await loadPhaseData(task, tokenizer);
  const known = new Map<string, number[]>();
  const encode = (text: string): number[] => {
    const ids = known.get(text) ?? tokenizer.encode(text);
    known.set(text, ids);
    return ids;
  };
  return { data, tokenizer: { ...tokenizer, encode } };
}

function once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const made = known.get(key) ?? make();
  known.set(key, made);
  return made;
}

async function contextLengthOf(model: ModelSettings, tokenizer: Tokenizer): Promise<number> {
  if (!('weights' in model) || !model.weights.startsWith('hf:')) {
    return resolveLocalModel(model, tokenizer).config.contextLength;
  }
  const { shape, vocabularySize } = await describeWeights(model.weights);
  if (tokenizer.vocabularySize > vocabularySize) {
    throw new LatentSweepError(
      'TOKEN_OUT_OF_RANGE',
      `tokenizer ${tokenizer.name} has ${tokenizer.vocabularySize} ids, the model of ${model.weights} knows ${vocabularySize}`,
      { key: 'tokenizer', ids: tokenizer.vocabularySize, vocabulary: vocabularySize },
    );
  }
  return shape.context;
}

/** Whether questions, latents, query and targets fit the context; see checkPhaseConfig for errors. */
export function checkRoom(
  config: PhaseConfig,
  data: PhaseData | UnreadCorpus,
  tokenizer: Tokenizer,
  contextLength: number,
): void {
  switch (config.kind) {
    case 'base': {
      const length = config.base.sequence ?? contextLength;
      if (length < 2 || length > contextLength) {
        throw new LatentSweepError(
          'CONTEXT_EXCEEDED',
          `base.sequence: ${length} tokens asked, 2 to ${contextLength} fit the model`,
          { key: 'base.sequence', needed: length, contextLength },
        );
      }
      checkText(data, length);
      return;
    }
    case 'pretrain': {
      const { system, latents, pretrain } = config;
      const length = pretrain.sequence ?? contextLength;
      checkSiteRoom({ ...pretrain, system, latents, length, contextLength }, 'pretrain');
      checkText(data, length);
      return;
    }
    case 'finetune': {
      const task = questionsOf(data.task);
      const stages = planStages(config.system, config.latents, config.curriculum);
      const room = roomChecker(config.system, tokenizer, contextLength);
      for (const { example, index } of firstOf(task.splits.train, CHECKED_EXAMPLES)) {
        const question = questionTokens(example, tokenizer).length;
        for (const { droppedSteps, latents } of stages) {
          const target = targetTokens(example, tokenizer, droppedSteps).length;
          room(`training example ${index}`, question, latents, target);
        }
      }
      const { select } = config.train;
      if (select === undefined) return;
      const latents = latentsOf(config.system, config.latents);
      for (const { example, index } of firstOf(task.splits.valid, select.items))
        room(`valid item ${index}`, questionTokens(example, tokenizer).length, latents, select.maxNewTokens);
      return;
    }
    case 'evaluate':
      checkEvaluation(config, data, tokenizer, contextLength);
      return;
    case 'analyse': {
      const { split, items } = config.analyse;
      const questions = questionsOf(data.task).splits[split];
      const latents = latentsOf(config.system, config.latents);
      const room = roomChecker(config.system, tokenizer, contextLength);
      for (const { example, index } of firstOf(questions, items ?? questions.size)) {
        const gold = targetTokens(example, tokenizer, Infinity).length;
        room(`${split} item ${index}`, questionTokens(example, tokenizer).length, latents, gold);
      }
      return;
    }
  }
}

/** A corpus must fill one sequence; a task's examples are repeated without end. */
function checkText(data: PhaseData | UnreadCorpus, length: number): void {
  if (data.kind === 'unread') return;
  if (data.kind === 'corpus') sequencesIn(data.tokens, 'train', length, 1);
  else questionsOf(data.task);
}

function checkEvaluation(
  config: EvaluatePhaseConfig,
  data: PhaseData | UnreadCorpus,
  tokenizer: Tokenizer,
  contextLength: number,
): void {
  const { split, items, maxNewTokens, interventions = [] } = config.evaluate;
  const latents = latentsOf(config.system, config.latents);
  const room = roomChecker(config.system, tokenizer, contextLength);
  switch (data.kind) {
    case 'questions': {
      const questions = data.task.splits[split];
      for (const { example, index } of firstOf(questions, items ?? questions.size)) {
        // the gold answer is read where the latents are tested
        const gold = interventions.length === 0 ? 0 : targetTokens(example, tokenizer, Infinity).length;
        const target = Math.max(maxNewTokens, gold);
        room(`${split} item ${index}`, questionTokens(example, tokenizer).length, latents, target);
      }
      return;
    }
    case 'corpus':
      checkSiteRoom(corpusScoring(config, data, contextLength).plan, 'evaluate.corpus');
      return;
    case 'unread':
      checkSiteRoom(scoringSites(config, contextLength), 'evaluate.corpus');
      return;
    case 'choices':
      for (const [index, item] of data.items.slice(0, items ?? data.items.length).entries()) {
        for (const { question, target } of choiceItems(item, tokenizer, latents))
          room(`item ${index} of ${data.task.name}`, question.length, latents, target.length);
      }
      return;
  }
}

function* firstOf(split: Split, count: number) {
  for (let index = 0; index < Math.min(count, split.size); index++) yield { index, example: split.example(index) };
}

function roomChecker(system: SystemName, tokenizer: Tokenizer, contextLength: number) {
  const query = systemTraits(system).plain ? 0 : 1;
  return (what: string, question: number, latents: number, target: number): void => {
    // the last target is predicted, never read
    const needed = question + latents + query + target - 1;
    if (needed <= contextLength) return;
    throw new LatentSweepError(
      'CONTEXT_EXCEEDED',
      `${what} needs ${needed} positions (question ${question}, latents ${latents}, query ${query}, target ${target}; tokenizer ${tokenizer.name}), model.context is ${contextLength}`,
      { key: 'model.context', needed, contextLength, question, latents, target },
    );
  };
}
