// Which settings name files, wherever in a sweep file they stand: fixed, as values of axes, in include and exclude.

import { isObject, type JsonObject } from './dotted-path.ts';
import { isBuiltIn } from './text-tasks.ts';

export type FileKind = 'weights' | 'tokenizer' | 'trainFile' | 'corpus' | 'benchmark' | 'labels';

const FILE_SETTINGS: Readonly<Record<string, FileKind>> = {
  'model.weights': 'weights',
  'tokenizer.file': 'tokenizer',
  'task.trainFile': 'trainFile',
  'task.files': 'corpus',
  'task.file': 'benchmark',
  'task.labels': 'labels',
  'pretrain.corpus.files': 'corpus',
};

/** Called for each name, with where it stands below the value that was given. */
export type RenameFile = (name: string, kind: FileKind, at: readonly string[]) => string;

/** A copy of the value of a setting in which every file has its new name. */
export function withFileNames(
  setting: string,
  value: unknown,
  rename: RenameFile,
  at: readonly string[] = [],
): unknown {
  const kind = FILE_SETTINGS[setting];
  if (kind !== undefined) return renamedAll(value, kind, rename, at);
  if (!isObject(value)) return value;
  return renamedKeys(value, setting === '' ? '' : `${setting}.`, rename, at);
}

/** A name, a list of names, or lists by split; what already names no file of a disk (`builtin:`) stays. */
function renamedAll(value: unknown, kind: FileKind, rename: RenameFile, at: readonly string[]): unknown {
  if (typeof value === 'string') return isBuiltIn(value) ? value : rename(value, kind, at);
  if (Array.isArray(value)) return value.map((one, index) => renamedAll(one, kind, rename, [...at, String(index)]));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, renamedAll(one, kind, rename, [...at, key])]),
  );
}

/** The same for settings by dotted path. */
export function withFileNamesIn(values: JsonObject, rename: RenameFile): JsonObject {
  return renamedKeys(values, '', rename, []);
}

function renamedKeys(values: JsonObject, prefix: string, rename: RenameFile, at: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, withFileNames(`${prefix}${key}`, value, rename, [...at, key])]),
  );
}
