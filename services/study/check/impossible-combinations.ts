// Settings that are fine one by one and impossible together, each refused with a sentence that names the keys. Only what is
// certain to fail is refused; what depends on drawn examples is left to the trainer.

import { taskTokens } from '../cost/index.ts';
import { hasQuestions } from '../plan/index.ts';
import {
  GSM8K_PUBLISHED,
  isBenchmark,
  isBuiltIn,
  type JsonObject,
  type Objective,
  objectiveOf,
  PROSQA_PUBLISHED,
  type PretrainSettings,
  type TrialSettings,
} from '../settings/index.ts';
import { computedModel, layersOf, type ModelShape, shapeOf, siteRoom, systemTraits } from '../systems/index.ts';

export interface Impossible {
  /** Dotted path of the setting to look at first. */
  readonly key: string;
  /** Names every key that takes part, with its value. */
  readonly sentence: string;
  /** One such sentence is enough, whichever point it comes from. */
  readonly once?: true;
}

type Check = (settings: TrialSettings, shape: ModelShape | null, written: JsonObject) => Generator<Impossible>;

/**
 * @param shape of a model given by weights, where it is known
 * @param written the settings before defaults, to tell a null from nothing
 */
export function impossibleCombinations(
  settings: TrialSettings,
  shape: ModelShape | null,
  written: JsonObject,
): readonly Impossible[] {
  const known = shapeOf(settings.model) ?? shape;
  return CHECKS.flatMap((check) => [...check(settings, known, written)]);
}

function* modelChecks({ model }: TrialSettings): Generator<Impossible> {
  if ('weights' in model) return;
  const { family, width, heads, kvHeads, headWidth } = model;
  if (family === 'gpt2') {
    if (width % heads !== 0)
      yield { key: 'model.heads', sentence: `model.heads ${heads} does not divide model.width ${width}` };
    if (kvHeads !== null && kvHeads !== heads)
      yield {
        key: 'model.kvHeads',
        sentence: `model.kvHeads ${kvHeads} differs from model.heads ${heads}; model.family gpt2 does not share heads`,
      };
    if (headWidth !== null && headWidth * heads !== width)
      yield {
        key: 'model.headWidth',
        sentence: `model.headWidth ${headWidth} times model.heads ${heads} is not model.width ${width}, as model.family gpt2 needs`,
      };
    return;
  }
  if (headWidth === null && width % heads !== 0)
    yield {
      key: 'model.heads',
      sentence: `model.heads ${heads} does not divide model.width ${width}; choose another, or set model.headWidth`,
    };
  const ownHeadWidth = headWidth ?? Math.floor(width / heads);
  if (ownHeadWidth % 2 !== 0)
    yield {
      key: 'model.headWidth',
      sentence: `model.headWidth ${ownHeadWidth} is odd; model.family qwen3 rotates pairs`,
    };
  if (kvHeads !== null && heads % kvHeads !== 0)
    yield { key: 'model.kvHeads', sentence: `model.kvHeads ${kvHeads} does not divide model.heads ${heads}` };
}

function* baseChecks(
  { model, base }: TrialSettings,
  shape: ModelShape | null,
  written: JsonObject,
): Generator<Impossible> {
  if (!('weights' in model)) {
    if (base === null && 'base' in written)
      yield {
        key: 'base',
        sentence:
          'base is null and model has no weights: give base (for instance base: {steps: 1000}), or model.weights',
      };
  } else if (base !== null) {
    yield {
      key: 'base',
      sentence: 'base trains a Base from scratch, but model.weights already gives one: leave base out',
    };
  }
  if (base !== null && base.sequence !== null && shape !== null && base.sequence > shape.context)
    yield {
      key: 'base.sequence',
      sentence: `base.sequence ${base.sequence} is longer than model.context ${shape.context}`,
    };
}

/** Worked examples are of tasks with questions. */
function* solutionChecks({ task, base, pretrain }: TrialSettings): Generator<Impossible> {
  if (base?.learns !== 'solutions') return;
  const text =
    (pretrain?.corpus ?? null) !== null
      ? 'pretrain.corpus'
      : task.name === 'corpus' || isBenchmark(task)
        ? `task.name ${task.name}`
        : null;
  if (text !== null)
    yield {
      key: 'base.learns',
      sentence: `base.learns solutions needs a task with questions and steps, and ${text} has none: use text`,
    };
}

/** What Base and corpus stage read, and whether the tokenizer can know its words. */
function* textChecks({ task, tokenizer, base, pretrain, evaluate }: TrialSettings): Generator<Impossible> {
  if (isBenchmark(task) && (base !== null || pretrain !== null) && (pretrain?.corpus ?? null) === null)
    yield {
      key: 'task',
      sentence: `task.name ${task.name} has no text to train on: give pretrain.corpus, or model.weights without base and pretrain`,
    };
  if (tokenizer === 'words') {
    const isOwn =
      task.name !== 'corpus' || [task.files].flat().every((file) => typeof file === 'string' && isBuiltIn(file));
    if (isBenchmark(task) || (pretrain?.corpus ?? null) !== null || !isOwn)
      yield {
        key: 'tokenizer',
        sentence:
          'tokenizer words takes its vocabulary from a generated or built-in task, which pretrain.corpus, files and benchmarks would leave: use bytes, gpt2, qwen3 or a file',
      };
  }
  if (task.name === 'corpus' && evaluate.split === 'test' && 'train' in task.files && task.files.test === null)
    yield {
      key: 'evaluate.split',
      sentence: 'evaluate.split is test, but task.files names no test files: give them, or evaluate.split: valid',
    };
}

/** Sites are drawn among the positions that leave room in sequence and context (docs/design/study.md section 3, point 3). */
function* pretrainChecks(settings: TrialSettings, shape: ModelShape | null): Generator<Impossible> {
  const { system, task, pretrain, evaluate } = settings;
  if (pretrain !== null) {
    const { batch, microbatch } = pretrain;
    if (system === 'coconut')
      yield {
        key: 'system',
        sentence: 'system coconut thinks one token after the other and has no corpus stage: leave pretrain out for it',
      };
    if (microbatch !== null && microbatch > batch)
      yield {
        key: 'pretrain.microbatch',
        sentence: `pretrain.microbatch ${microbatch} is larger than pretrain.batch ${batch}`,
      };
    yield* siteChecks('pretrain', pretrain, settings, shape);
  }
  if (task.name === 'corpus' && evaluate.corpus !== null)
    yield* siteChecks('evaluate.corpus', evaluate.corpus, settings, shape);
}

function* siteChecks(
  path: string,
  { sequence, sites, ahead }: Pick<PretrainSettings, 'sequence' | 'sites' | 'ahead'>,
  { system, latents }: TrialSettings,
  shape: ModelShape | null,
): Generator<Impossible> {
  const length = sequence ?? shape?.context;
  if (length === undefined) return;
  if (length < 2 || (shape !== null && length > shape.context)) {
    yield {
      key: `${path}.sequence`,
      sentence: `${path}.sequence ${length} does not fit: 2 to model.context ${shape?.context ?? 'of the weights'}`,
    };
    return;
  }
  const traits = systemTraits(system);
  const room = siteRoom({
    ...{ sequence: length, ahead, plain: traits.plain },
    latents: traits.latents ? latents : 0,
    context: shape?.context ?? length,
  });
  if (room < sites)
    yield {
      key: `${path}.sites`,
      sentence: `${path}.sites ${sites} is more than the ${Math.max(0, room)} positions of ${path}.sequence ${length} that leave room for latents ${traits.latents ? latents : 0} and ${path}.ahead ${ahead} in model.context ${shape?.context ?? length}`,
    };
}

function* channelChecks({ system, channel }: TrialSettings, shape: ModelShape | null): Generator<Impossible> {
  if (channel === null) return;
  const { coprocessor } = systemTraits(system);
  if (coprocessor === null) {
    yield { key: 'channel', sentence: `channel is set, but system ${system} has no Coprocessor to exchange anything` };
    return;
  }
  if (channel.kind !== coprocessor) {
    const other = coprocessor === 'kv' ? 'liu and h2' : 'h1 and h1_h2';
    yield {
      key: 'channel',
      sentence: `channel.kind ${channel.kind} does not fit system ${system}, whose channel is ${coprocessor} (${channel.kind} belongs to ${other})`,
    };
    return;
  }
  if (shape === null) return;
  if (channel.kind === 'kv' && layersOf(channel.layers, shape.layers) === null)
    yield {
      key: 'channel.layers',
      sentence: `channel.layers ${JSON.stringify(channel.layers)} asks for layers that a model of model.layers ${shape.layers} does not have (they count from 0)`,
    };
  const width = channel.kind === 'kv' ? shape.kvHeads * shape.headWidth : shape.width;
  if (channel.rank !== null && channel.rank > width)
    yield {
      key: 'channel.rank',
      sentence: `channel.rank ${channel.rank} is larger than the ${width} floats of what is exchanged`,
    };
}

function* latentChecks({ system, latents, task, curriculum, train }: TrialSettings): Generator<Impossible> {
  const traits = systemTraits(system);
  if (system === 'continued_pretraining' && train !== null && hasQuestions(task))
    yield {
      key: 'system',
      sentence:
        'system continued_pretraining trains on running text, not on a task: use cot or no_cot as the plain control',
    };
  if (traits.latents && latents === 0)
    yield { key: 'latents', sentence: `latents is 0, but system ${system} works with latents: give at least 1` };
  if (curriculum === null || train === null || !hasQuestions(task)) return;
  const { stages, firstStage } = curriculum;
  if (firstStage > stages)
    yield {
      key: 'curriculum.firstStage',
      sentence: `curriculum.firstStage ${firstStage} is beyond curriculum.stages ${stages}`,
    };
  if (traits.latents && latents % stages !== 0)
    yield {
      key: 'latents',
      sentence: `latents ${latents} is not a multiple of curriculum.stages ${stages}, so no whole number of latents stands for a step`,
    };
}

function* trainChecks(
  { system, task, pretrain, train }: TrialSettings,
  _shape: ModelShape | null,
  written: JsonObject,
): Generator<Impossible> {
  if (train === null || !hasQuestions(task)) {
    const isForgotten = hasQuestions(task) && pretrain === null && !('train' in written);
    if (isForgotten)
      yield {
        key: 'train',
        sentence:
          'train is missing: give train (for instance train: {epochsPerStage: 3}), or train: null to evaluate the model as it is',
      };
    else if (pretrain === null && !systemTraits(system).plain)
      yield {
        key: 'pretrain',
        sentence: `nothing trains system ${system} on task.name ${task.name}: give pretrain${hasQuestions(task) ? ' or train' : ''}, or take continued_pretraining to evaluate the model as it is`,
      };
    return;
  }
  const { stepsPerStage, epochsPerStage, batch, microbatch } = train;
  if (stepsPerStage === null && epochsPerStage === null)
    yield { key: 'train', sentence: 'train.stepsPerStage and train.epochsPerStage are both missing: give exactly one' };
  if (stepsPerStage !== null && epochsPerStage !== null)
    yield {
      key: 'train.epochsPerStage',
      sentence: `train.stepsPerStage ${stepsPerStage} and train.epochsPerStage ${epochsPerStage} are both set: give exactly one`,
    };
  if (microbatch !== null && microbatch > batch)
    yield { key: 'train.microbatch', sentence: `train.microbatch ${microbatch} is larger than train.batch ${batch}` };
}

/** Terms that shape latents need latents to shape (docs/design/study.md section 12). */
function* objectiveChecks(settings: TrialSettings, shape: ModelShape | null): Generator<Impossible> {
  const { pretrain, train, task } = settings;
  if (pretrain !== null) yield* objectivesOf('pretrain', pretrain.objectives, settings, shape);
  if (train === null || !hasQuestions(task)) return;
  yield* objectivesOf('train', train.objectives, settings, shape);
  if (
    objectiveOf(train.objectives, 'steps') !== null &&
    typeof train.lr !== 'number' &&
    train.lr.stepDecoder === undefined
  )
    yield {
      key: 'train.lr.stepDecoder',
      sentence:
        'train.lr names its groups and has no stepDecoder, which train.objectives steps trains: give its rate, or one rate for all',
    };
}

function* objectivesOf(
  path: 'pretrain' | 'train',
  objectives: readonly Objective[],
  { system, latents, curriculum }: TrialSettings,
  shape: ModelShape | null,
): Generator<Impossible> {
  const key = `${path}.objectives`;
  const traits = systemTraits(system);
  for (const [index, objective] of objectives.entries()) {
    const { kind } = objective;
    if (objectives.findIndex((other) => other.kind === kind) !== index)
      yield { key, sentence: `${key} has ${kind} more than once: give each kind once` };
    if (!traits.latents) {
      yield {
        key,
        sentence: `${key} has ${kind}, but system ${system} has no latents to shape: leave it out for this system (exclude)`,
      };
    } else if (kind === 'orthogonality' && latents < 2) {
      yield {
        key,
        sentence: `${key} has orthogonality, which compares latents with each other, and latents is ${latents}: give at least 2`,
      };
    }
    if (objective.kind !== 'steps') continue;
    if (traits.coprocessor === 'kv')
      yield {
        key,
        sentence: `${key} has steps, but the latents of system ${system} are cache entries (channel.kind kv), which no step decoder reads: possible with liu, h2, coconut, soft_embeddings, soft_2x and pause`,
      };
    if (curriculum === null)
      yield {
        key,
        sentence: `${key} has steps, which are those that latents replace, and curriculum is null: give curriculum`,
      };
    const layers = shape === null ? null : computedModel(system, shape).layers;
    if (objective.layers !== null && layers !== null && objective.layers > layers)
      yield {
        key: `${key}.${index}.layers`,
        sentence: `${key}.${index}.layers ${objective.layers} is more than the ${layers} layers of the Base that it starts from`,
      };
  }
}

function* taskChecks({ task }: TrialSettings): Generator<Impossible> {
  if (task.name === 'prosqa' && task.nodes >= PROSQA_PUBLISHED.fromNodes) {
    if (task.balanced)
      yield {
        key: 'task.balanced',
        sentence: `task.balanced true changes generated problems only, and with task.nodes ${task.nodes} the held-out ones are the published: give task.nodes below ${PROSQA_PUBLISHED.fromNodes}`,
      };
    for (const split of ['valid', 'test'] as const) {
      if (task[split] > PROSQA_PUBLISHED[split])
        yield {
          key: `task.${split}`,
          sentence: `task.${split} ${task[split]} is more than the ${PROSQA_PUBLISHED[split]} published problems of task.name prosqa`,
        };
    }
  }
  if (task.name === 'gsm8k' && task.test !== null && task.test > GSM8K_PUBLISHED.test)
    yield {
      key: 'task.test',
      sentence: `task.test ${task.test} is more than the ${GSM8K_PUBLISHED.test} published problems of task.name gsm8k`,
    };
}

/** Evaluation needs room for question, latents, query and all but the last of the new tokens (services/trainer/phases). */
function* contextChecks(settings: TrialSettings, shape: ModelShape | null): Generator<Impossible> {
  const { task, tokenizer, system, evaluate } = settings;
  if (!hasQuestions(task)) return;
  const heldOut = task.name === 'simulate' ? null : (taskTokens(task, tokenizer)?.heldOut ?? null);
  if (shape === null || heldOut === null) return;
  const traits = systemTraits(system);
  const latents = traits.latents ? settings.latents : 0;
  const query = traits.plain ? 0 : 1;
  const question = readsWholeSplit(settings) ? heldOut.longest : Math.floor(heldOut.question);
  const needed = question + latents + query + evaluate.maxNewTokens - 1;
  if (needed <= shape.context) return;
  yield {
    key: 'model.context',
    once: true,
    sentence: `model.context ${shape.context} is too short: questions of task.name ${task.name} have up to ${question} tokens with tokenizer ${JSON.stringify(tokenizer)}; with latents ${latents} and evaluate.maxNewTokens ${evaluate.maxNewTokens}, ${needed} are needed`,
  };
}

function readsWholeSplit({ task, evaluate }: TrialSettings): boolean {
  if (evaluate.items !== null) return false;
  if (task.name === 'prosqa') return task[evaluate.split] === PROSQA_PUBLISHED[evaluate.split];
  return task.name === 'gsm8k' && evaluate.split === 'test' && task.test === null;
}

const CHECKS: readonly Check[] = [
  modelChecks,
  baseChecks,
  solutionChecks,
  textChecks,
  pretrainChecks,
  channelChecks,
  latentChecks,
  trainChecks,
  objectiveChecks,
  taskChecks,
  contextChecks,
];
