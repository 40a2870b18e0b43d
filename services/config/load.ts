// Finds and reads the configuration: lsweep.yaml beside the work, else config.yaml in the state folder, then LSWEEP_* on top. Everything
// is checked here, once; the rest of the program gets values it can trust.

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { boundedBytes } from '../machine/index.ts';
import { defaultStateDir } from '../program/index.ts';
import { MOST_YAML_BYTES, readYaml } from '../study/yaml/index.ts';
import { type Environment, valuesOfEnvironment } from './environment.ts';
import { configError } from './issues.ts';
import { LEAVES, type Leaf } from './leaves.ts';
import { type ConfigValues, configSchema } from './schema.ts';
import { isRecord, putAt, valueAt } from './value-at.ts';

export interface Config extends ConfigValues {
  /** Absolute: where the file was looked for, and what relative paths in the environment count from; those in the file count from its folder. */
  readonly dir: string;
  /** The file that was read; null = none, defaults and environment only. */
  readonly file: string | null;
  /** Absolute. */
  readonly stateDir: string;
}

export interface ConfigSources {
  /** Default: LSWEEP_DIR, else the working directory. */
  readonly dir?: string | undefined;
  /** Default: LSWEEP_CONFIG, else lsweep.yaml, else config.yaml in the default state folder. A file that is named must exist. */
  readonly file?: string | undefined;
  readonly environment?: Environment;
}

/** @throws LatentSweepError CONFIG_INVALID with every fault of file and environment */
export function loadConfig(sources: ConfigSources = {}): Config {
  const environment = sources.environment ?? process.env;
  const dir = resolve(sources.dir ?? (environment['LSWEEP_DIR'] || '.'));
  const stateDir = defaultStateDir(sources.dir, environment);
  const file = findFile(dir, stateDir, sources.file ?? (environment['LSWEEP_CONFIG'] || undefined));
  const read = file === null ? null : readFile(file);
  const values = structuredClone(read?.values ?? {});
  const variables = new Map<string, string>();
  for (const { leaf, value } of valuesOfEnvironment(environment)) {
    putAt(values, leaf.path, value);
    variables.set(leaf.key, leaf.variable);
  }
  if (values['stateDir'] === undefined) values['stateDir'] = stateDir;
  resolvePaths(values, ({ key }) => (file === null || variables.has(key) ? dir : dirname(file)));
  const parsed = configSchema.safeParse(values);
  if (!parsed.success) {
    throw configError(parsed.error.issues, values, (path) => variables.get(path.join('.')) ?? read?.placeOf(path));
  }
  return { ...parsed.data, dir, file };
}

function findFile(dir: string, stateDir: string, named: string | undefined): string | null {
  if (named !== undefined) {
    const file = resolve(dir, named);
    if (!existsSync(file)) {
      throw new LatentSweepError('CONFIG_INVALID', `the configuration file ${file} does not exist`, {
        key: 'file',
        file,
      });
    }
    return file;
  }
  return [join(dir, 'lsweep.yaml'), join(stateDir, 'config.yaml')].find((file) => existsSync(file)) ?? null;
}

interface YamlFile {
  readonly values: Record<string, unknown>;
  readonly placeOf: (path: readonly PropertyKey[]) => string | undefined;
}

function bytesOf(file: string): Uint8Array {
  try {
    return boundedBytes(file, MOST_YAML_BYTES);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `the configuration file ${file} cannot be read (${words})`,
      { key: 'file', file },
      cause,
    );
  }
}

function readFile(file: string): YamlFile {
  const yaml = readYaml(bytesOf(file));
  if (yaml.kind === 'refused') {
    const sentences = yaml.faults.map(({ line, sentence }) => `${file} line ${line}: ${sentence}`);
    const line = yaml.faults[0]?.line ?? 1;
    throw new LatentSweepError('CONFIG_INVALID', sentences.join('\n'), { key: 'file', file, line });
  }
  const { source } = yaml;
  const values: unknown = source.data ?? {};
  if (!isRecord(values)) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `${file} holds no keys; it must be a YAML map such as "log: {level: info}"`,
      { key: 'file', file },
    );
  }
  // of the key itself, or of the nearest section that is in the file
  const placeOf = (path: readonly PropertyKey[]): string | undefined => {
    const [section] = path;
    if (section === undefined || !Object.hasOwn(values, section)) return undefined;
    return `${file} line ${source.lineOf(
      path.map((key) => (typeof key === 'number' ? key : String(key))),
      true,
    )}`;
  };
  return { values, placeOf };
}

/** Makes relative paths absolute: those of the file count from its folder, those of the environment from `dir`. */
function resolvePaths(values: Record<string, unknown>, folderOf: (leaf: Leaf) => string): void {
  for (const leaf of LEAVES) {
    const value = leaf.isPath ? valueAt(values, leaf.path) : undefined;
    // what is empty or no text is left to the schema's refusal
    if (typeof value === 'string' && value !== '') putAt(values, leaf.path, resolve(folderOf(leaf), value));
  }
}
