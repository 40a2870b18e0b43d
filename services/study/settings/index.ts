// What people may ask for: systems, channels, tasks, models, training; the phases made of them; the shape of a sweep file.

export { isObject, isWithin, type JsonObject, valueAt, withValueAt } from './dotted-path.ts';
export { corpusEvaluationSchema } from './evaluate-settings.ts';
export { canonicalInterventions, type Intervention, interventionLabel } from './latent-analysis.ts';
export { type FileKind, withFileNames, withFileNamesIn } from './named-files.ts';
export { objectiveOf, objectivesOf } from './objectives.ts';
export {
  type AnalysePhaseConfig,
  type AnyPhaseConfig,
  anyPhaseConfigSchema,
  type BasePhaseConfig,
  type EvaluatePhaseConfig,
  type FinetunePhaseConfig,
  PHASE_KINDS,
  type PhaseConfig,
  type PhaseKind,
  type PlannedPhase,
  type PlannedTrial,
  type PretrainPhaseConfig,
  phaseConfigSchema,
  trainedConfig,
} from './phases.ts';
export { GSM8K_PUBLISHED, PROSQA_PUBLISHED } from './published-tasks.ts';
export {
  type BaseSettings,
  type CurriculumSettings,
  type EvaluateSettings,
  type ModelSettings,
  type PretrainSettings,
  type Resources,
  resourcesSchema,
  type TaskSettings,
  type TokenizerSettings,
  type TrainSettings,
  type TrialSettings,
  trialSettingsSchema,
} from './settings.ts';
export { type SimulatedFault, type SimulatePhaseConfig, type SimulateTask, simulatePhaseSchema } from './simulate.ts';
export {
  FILE_KEYS,
  fileSettingsSchema,
  SETTING_KEYS,
  type SweepFields,
  sweepFieldsSchema,
  sweepFileSchema,
} from './sweep-file.ts';
export {
  type Channel,
  type LayerSelection,
  type Query,
  SYSTEM_NAMES,
  type SystemName,
} from './system-names.ts';
export {
  BENCHMARK_CHOICES,
  type BenchmarkName,
  type BenchmarkSettings,
  type CorpusSettings,
  corpusFiles,
  corpusFilesIn,
  isBenchmark,
  isBuiltIn,
  isCorpusFile,
} from './text-tasks.ts';
export { curriculumSchema, type Objective, type Precision } from './training-settings.ts';
