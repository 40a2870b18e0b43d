// Everything that determines a trial, as one zod schema with every default of docs/design/study.md section 11. The sweep file, the
// trial identity, the workers' phase configs, the JSON Schema for editors and docs/sweep-file.md all come from here and the schemas beside it.
// A description stands at the schema that carries the default; its first sentence stands alone. Pure; no I/O.

import { z } from 'zod';
import { evaluateSchema } from './evaluate-settings.ts';
import { analyseSchema } from './latent-analysis.ts';
import { modelSchema, tokenizerSchema } from './model-settings.ts';
import { simulateTaskSchema } from './simulate.ts';
import { channelSchema, SYSTEM_NAMES } from './system-names.ts';
import { taskSchema } from './task-settings.ts';
import type { BenchmarkSettings, CorpusSettings } from './text-tasks.ts';
import { baseSchema, curriculumSchema, pretrainSchema, trainSchema } from './training-settings.ts';

const count = z.number().int().min(1);

export const trialSettingsSchema = z.strictObject({
  model: modelSchema,
  tokenizer: tokenizerSchema.default('bytes').meta({
    description:
      'How text becomes tokens. `words`: a vocabulary of the task’s own words; `bytes`: the 256 bytes; `gpt2`, `qwen3`: the public vocabularies, which ship with the program.',
  }),
  task: z.discriminatedUnion('name', [...taskSchema.options, simulateTaskSchema]).meta({
    description: 'What is trained on and asked.',
    examples: [{ name: 'prosqa', nodes: 6, train: 4000 }],
  }),
  base: baseSchema
    .nullable()
    .default(null)
    .meta({
      description:
        'How a Base from scratch is trained before anything else, once for all trials that share it. null: the model’s weights are used as they are.',
      examples: [{ steps: 1000, batch: 32 }],
    }),
  system: z.enum(SYSTEM_NAMES).meta({
    description: 'Who thinks in latents, and through which channel. `systems` varies it.',
    examples: ['h2'],
  }),
  channel: channelSchema
    .nullable()
    .default(null)
    .meta({
      description:
        'What is exchanged for each latent. null: the system’s own (`liu`, `h2`: embedding; `h1`, `h1_h2`: kv over all layers).',
      examples: [{ kind: 'kv', layers: 'top:2' }],
    }),
  latents: z.number().int().min(0).default(0).meta({ description: 'N_L, the latent budget.', unit: 'latents' }),
  query: z.enum(['marker', 'repeat']).default('marker').meta({
    description:
      'What is read after the latents, from which the first target is predicted: one trained query embedding, or the last visible token again.',
  }),
  gradThroughCache: z.boolean().default(true).meta({
    description: 'Where the Base is trained, the gradient of the last pass flows into the cache of the first.',
  }),
  softInit: z
    .union([z.enum(['mean', 'zeros']), z.string().regex(/^token:.+$/s)])
    .default('mean')
    .meta({
      description:
        'How soft tokens and the query start: as the mean of the token embedding with a little noise, as zeros, or as the embedding of a text.',
    }),
  coprocessorInit: z.enum(['base', 'random']).default('base').meta({
    description: 'How the Coprocessor starts: as a copy of the Base, or at random.',
  }),
  curriculum: curriculumSchema
    .nullable()
    .default(null)
    .meta({
      description:
        'The staged curriculum by which latents replace reasoning steps. null: all latents and no steps from the start.',
      examples: [{ stages: 2 }],
    }),
  pretrain: pretrainSchema
    .nullable()
    .default(null)
    .meta({
      description: 'The corpus stage, before `train`. null: there is none.',
      examples: [{ steps: 2000, batch: 8, sites: 8 }],
    }),
  train: trainSchema
    .nullable()
    .default(null)
    .meta({
      description: 'Finetuning on the task. null: there is none; a corpus or a benchmark has nothing to finetune on.',
      examples: [{ stepsPerStage: 100, batch: 16 }],
    }),
  evaluate: evaluateSchema.default(evaluateSchema.parse({})).meta({ description: 'What the trained system is asked.' }),
  analyse: analyseSchema
    .nullable()
    .default(null)
    .meta({
      description:
        'Geometry of the latents and attention to them, of the trained system. null: no such phase. Systems without latents have none.',
      examples: [{ items: 256 }],
    }),
  seed: z.number().int().min(0),
});

/** What the slot must offer; never part of an identity. */
export const resourcesSchema = z.strictObject({
  device: z.enum(['any', 'cpu', 'cuda']).default('any').meta({ description: 'Device that phases may train on.' }),
  threads: count.default(1).meta({
    description: 'Threads of a trainer that a node must offer.',
    unit: 'threads',
  }),
  memoryMb: count
    .nullable()
    .default(null)
    .meta({
      description:
        'Memory that a slot must have at least; where `lsweep plan` estimates more, that counts. null: the estimate alone.',
      unit: 'MB',
      examples: [4096],
    }),
});

export type TrialSettings = z.infer<typeof trialSettingsSchema>;
export type ModelSettings = z.infer<typeof modelSchema>;
export type TokenizerSettings = z.infer<typeof tokenizerSchema>;
export type TaskSettings = z.infer<typeof taskSchema>;
/** Tasks with questions to train and decode on. */
export type QuestionTaskSettings = Exclude<TaskSettings, CorpusSettings | BenchmarkSettings>;
export type CurriculumSettings = z.infer<typeof curriculumSchema>;
export type TrainSettings = z.infer<typeof trainSchema>;
export type PretrainSettings = z.infer<typeof pretrainSchema>;
export type BaseSettings = z.infer<typeof baseSchema>;
export type EvaluateSettings = z.infer<typeof evaluateSchema>;
export type Resources = z.infer<typeof resourcesSchema>;
