// Which settings name files, wherever in a sweep file they stand: fixed, as values of axes, in include and exclude.

import { type JsonObject, isObject } from './dotted-path.ts';

export type FileKind = 'weights' | 'tokenizer' | 'trainFile';

const FILE_SETTINGS: Readonly<Record<string, FileKind>> = {
  'model.weights': 'weights',
  'tokenizer.file': 'tokenizer',
  'task.trainFile': 'trainFile',
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
  if (kind !== undefined) return typeof value === 'string' ? rename(value, kind, at) : value;
  if (!isObject(value)) return value;
  return renamedKeys(value, setting === '' ? '' : `${setting}.`, rename, at);
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
