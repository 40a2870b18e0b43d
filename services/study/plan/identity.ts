// Identities: 32 hex digits of the SHA-256 of canonical JSON (RFC 8785), so that the order of keys and the way numbers are
// written never matter. What enters a hash is canonical already (canonical-settings.ts); nothing here knows what a setting means.

import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { asPhaseKey, asTrialKey, type PhaseKey, type TrialKey } from '../../../workflows/domain/ids.ts';
import { type AnyPhaseConfig, isBenchmark, type TaskSettings } from '../settings/index.ts';
import { ENGINE_VERSION } from './engine-version.ts';

const KEY_DIGITS = 32;

/** The canonical text of JSON data; keys whose value is undefined are left out. @throws RangeError for what JSON cannot say */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new RangeError('not a JSON value');
  return text;
}

export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, KEY_DIGITS);
}

/** Contents of the files that a config names, by the name it uses; a name without an entry stands for itself. */
export type FileHashes = Readonly<Record<string, string>>;

/**
 * Key of everything that determines a phase's result. Files count by content: the same data at another place is the same phase.
 * @param parent key of the phase whose final checkpoint it starts from
 */
export function phaseKey(config: AnyPhaseConfig, files: FileHashes, parent: PhaseKey | null): PhaseKey {
  return asPhaseKey(contentHash({ config: byContent(config, files), engine: ENGINE_VERSION, parent }));
}

/** A trial is its pipeline: equal phases make equal trials, whatever else a sweep file says. */
export function trialKey(phases: readonly PhaseKey[]): TrialKey {
  return asTrialKey(contentHash({ phases }));
}

function byContent(config: AnyPhaseConfig, files: FileHashes): unknown {
  if (config.kind === 'simulate') return config;
  const content = (name: string): unknown => {
    const sha256Hex = Object.hasOwn(files, name) ? files[name] : undefined;
    return sha256Hex === undefined ? name : { sha256: sha256Hex };
  };
  const { model, tokenizer, task } = config;
  return {
    ...config,
    model: 'weights' in model ? { weights: content(model.weights) } : model,
    tokenizer: typeof tokenizer === 'string' ? tokenizer : { file: content(tokenizer.file) },
    task: taskByContent(task, content),
  };
}

function taskByContent(task: TaskSettings, content: (name: string) => unknown): unknown {
  if (task.name === 'corpus') {
    const { files } = task;
    const contents = (names: readonly string[] | null): unknown => names?.map(content) ?? null;
    if (!('train' in files)) return { ...task, files: contents(files) };
    return {
      ...task,
      files: { train: contents(files.train), valid: contents(files.valid), test: contents(files.test) },
    };
  }
  if (isBenchmark(task)) {
    return { ...task, file: content(task.file), labels: task.labels === null ? null : content(task.labels) };
  }
  return 'trainFile' in task && task.trainFile !== null ? { ...task, trainFile: content(task.trainFile) } : task;
}
