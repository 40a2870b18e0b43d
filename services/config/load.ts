// Finds and reads the configuration: lsweep.yaml beside the work, else config.yaml in the state folder, then LSWEEP_* on top. Everything
// is checked here, once; the rest of the program gets values it can trust.

import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { type Document, isMap, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type Environment, valuesOfEnvironment } from './environment.ts';
import { configError } from './issues.ts';
import { type ConfigValues, configSchema } from './schema.ts';

export interface Config extends ConfigValues {
  /** Absolute: the folder that relative paths count from. */
  readonly dir: string;
  /** The file that was read; null = none, defaults and environment only. */
  readonly file: string | null;
  /** Absolute. */
  readonly stateDir: string;
}

export interface ConfigSources {
  /** Default: LSWEEP_DIR, else the working directory. */
  readonly dir?: string | undefined;
  /** Default: LSWEEP_CONFIG, else lsweep.yaml, else .lsweep/config.yaml in `dir`. A file that is named must exist. */
  readonly file?: string | undefined;
  readonly environment?: Environment;
}

/** @throws LatentSweepError CONFIG_INVALID with every fault of file and environment */
export function loadConfig(sources: ConfigSources = {}): Config {
  const environment = sources.environment ?? process.env;
  const dir = resolve(sources.dir ?? (environment['LSWEEP_DIR'] || '.'));
  const file = findFile(dir, sources.file ?? (environment['LSWEEP_CONFIG'] || undefined));
  const read = file === null ? null : readYaml(file);
  const values = structuredClone(read?.values ?? {});
  const variables = new Map<string, string>();
  for (const { leaf, value } of valuesOfEnvironment(environment)) {
    put(values, leaf.path, value);
    variables.set(leaf.key, leaf.variable);
  }
  const parsed = configSchema.safeParse(values);
  if (!parsed.success) {
    throw configError(parsed.error.issues, values, (path) => variables.get(path.join('.')) ?? read?.placeOf(path));
  }
  const config = parsed.data;
  return { ...withPaths(config, dir), dir, file };
}

function findFile(dir: string, named: string | undefined): string | null {
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
  return [join(dir, 'lsweep.yaml'), join(dir, '.lsweep', 'config.yaml')].find((file) => existsSync(file)) ?? null;
}

interface YamlFile {
  readonly values: Record<string, unknown>;
  readonly placeOf: (path: readonly PropertyKey[]) => string | undefined;
}

function readYaml(file: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, prettyErrors: false });
  const fault = document.errors[0];
  if (fault !== undefined) {
    const line = lines.linePos(fault.pos[0]).line;
    throw new LatentSweepError('CONFIG_INVALID', `${file} line ${line}: ${fault.message}`, { key: 'file', file, line });
  }
  const values: unknown = document.toJS() ?? {};
  if (!isRecord(values)) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `${file} holds no keys; it must be a YAML map such as "log: {level: info}"`,
      { key: 'file', file },
    );
  }
  return { values, placeOf: (path) => placeIn(document, lines, file, path) };
}

/** `FILE line N` of the key itself, or of the nearest section that is in the file. */
function placeIn(
  document: Document,
  lines: LineCounter,
  file: string,
  path: readonly PropertyKey[],
): string | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const key of path) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
    if (pair === undefined) break;
    offset = isScalar(pair.key) ? pair.key.range?.[0] : undefined;
    node = pair.value;
  }
  return offset === undefined ? undefined : `${file} line ${lines.linePos(offset).line}`;
}

function put(values: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) {
    values[key] = value;
    return;
  }
  const inner = isRecord(values[key]) ? values[key] : {};
  values[key] = inner;
  put(inner, rest, value);
}

function withPaths(config: ConfigValues, dir: string): ConfigValues {
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(dir, path));
  const orNull = (path: string | null): string | null => (path === null ? null : absolute(path));
  const { tls, temporal } = config;
  return {
    ...config,
    stateDir: absolute(config.stateDir),
    tls: tls === null ? null : { ca: absolute(tls.ca), cert: absolute(tls.cert), key: absolute(tls.key) },
    temporal: {
      ...temporal,
      binary: orNull(temporal.binary),
      tls: temporal.tls && {
        ca: orNull(temporal.tls.ca),
        cert: orNull(temporal.tls.cert),
        key: orNull(temporal.tls.key),
      },
    },
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
