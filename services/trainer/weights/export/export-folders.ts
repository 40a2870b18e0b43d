// A trained trial as Hugging Face folders: `base/` and, where the system has one, `coprocessor/`, both loaded by `transformers`; what belongs
// to neither (soft tokens, query, channel projections) lies beside them. Everything is there or nothing is: a temporary folder, renamed.

import { randomUUID } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { isDiskFull } from '../../../../workflows/domain/disk-full.ts';
import { LatentSweepError } from '../../../../workflows/domain/errors.ts';
import { makeFolder } from '../../../artifacts/index.ts';
import { sameShape } from '../../../tensor/graph/index.ts';
import type { HostTensor, NamedTensors } from '../../../tensor/runtime/index.ts';
import { writeSafetensors } from '../../../tensor/safetensors/index.ts';
import { type ModelConfig, parameterShapes, tokenEmbeddingName } from '../../models/index.ts';
import type { ExportTokenizer } from './export-tokenizer.ts';
import { configJson, type ExportPart, generationConfigJson } from './model-json.ts';
import { partReadme, trialReadme } from './readme-text.ts';

export interface ExportedFolders {
  readonly base: string;
  /** null: the system has none. */
  readonly coprocessor: string | null;
  /** null: the system has neither soft tokens nor query nor channel projections. */
  readonly latents: string | null;
}

/** Older versions of `transformers` refuse files that do not say so. */
const METADATA = new Map([['format', 'pt']]);

/**
 * @param path a folder that does not exist yet
 * @param config the shape that was computed (a `soft_2x` system has twice the layers of its settings)
 * @param tensors all weights of a system by the names of docs/design/probe.md section 3; optimizer state left out
 * @throws LatentSweepError CONFLICT when `path` exists; WEIGHTS_INVALID naming a missing, unknown or mis-shaped tensor; DISK_FULL; ARTIFACT_STORE
 */
export function exportHuggingFaceFolders(
  path: string,
  config: ModelConfig,
  tensors: NamedTensors,
  tokenizer: ExportTokenizer | null = null,
): ExportedFolders {
  if (existsSync(path)) throw new LatentSweepError('CONFLICT', `${path} exists already`, { path });
  const { base, coprocessor, latents } = partsOf(config, tensors);
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    writePart(join(temporary, 'base'), 'base', config, base, tokenizer);
    if (coprocessor !== null) {
      writePart(join(temporary, 'coprocessor'), 'coprocessor', headless(config), coprocessor, tokenizer);
    }
    if (latents.size > 0) writeTensors(join(temporary, 'latents.safetensors'), latents);
    const parts: readonly ExportPart[] = coprocessor === null ? ['base'] : ['base', 'coprocessor'];
    writeText(join(temporary, 'README.md'), trialReadme(parts, [...latents.keys()]));
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { recursive: true, force: true });
    throw writeFailure(path, cause);
  }
  return {
    base: join(path, 'base'),
    coprocessor: coprocessor === null ? null : join(path, 'coprocessor'),
    latents: latents.size === 0 ? null : join(path, 'latents.safetensors'),
  };
}

interface Parts {
  /** By Hugging Face names. */
  readonly base: NamedTensors;
  readonly coprocessor: NamedTensors | null;
  readonly latents: NamedTensors;
}

function partsOf(config: ModelConfig, tensors: NamedTensors): Parts {
  const base = modelTensors('base', config, tensors, null);
  const hasCoprocessor = [...tensors.keys()].some((name) => name.startsWith('coprocessor.'));
  const embedding = base.get(tokenEmbeddingName(config)) ?? null;
  const coprocessor = hasCoprocessor ? modelTensors('coprocessor', headless(config), tensors, embedding) : null;
  const latents = new Map([...tensors].filter(([name]) => !/^(?:base|coprocessor)\./.test(name)));
  for (const name of latents.keys()) {
    if (!/^(?:soft_tokens|query_token|channel\..+)$/.test(name))
      throw invalid(`there is no place for tensor ${name} in an export`, name);
  }
  return { base, coprocessor, latents };
}

/** A Coprocessor has no head: whatever the Base's is, the copied embedding stands in for it. */
function headless({ ownHead: _, ...config }: ModelConfig): ModelConfig {
  return config;
}

function modelTensors(
  part: ExportPart,
  config: ModelConfig,
  tensors: NamedTensors,
  embedding: HostTensor | null,
): NamedTensors {
  const found = new Map<string, HostTensor>();
  for (const [name, shape] of parameterShapes(config)) {
    const own = tensors.get(`${part}.${name}`);
    const tensor = name === tokenEmbeddingName(config) ? (own ?? embedding ?? undefined) : own;
    if (tensor === undefined) throw invalid(`tensor ${part}.${name} is missing`, `${part}.${name}`);
    if (!sameShape(tensor.shape, shape)) {
      throw invalid(
        `tensor ${part}.${name} has shape [${tensor.shape.join(', ')}], the model needs [${shape.join(', ')}]`,
        `${part}.${name}`,
      );
    }
    found.set(name, tensor);
  }
  for (const name of tensors.keys()) {
    if (name.startsWith(`${part}.`) && !found.has(name.slice(part.length + 1))) {
      throw invalid(`tensor ${name} is not one of a ${config.kind} of ${config.layers} layers`, name);
    }
  }
  return found;
}

function writePart(
  folder: string,
  part: ExportPart,
  config: ModelConfig,
  tensors: NamedTensors,
  tokenizer: ExportTokenizer | null,
): void {
  makeFolder(folder);
  writeTensors(join(folder, 'model.safetensors'), tensors);
  writeJson(join(folder, 'config.json'), configJson(config, part, tokenizer));
  writeJson(join(folder, 'generation_config.json'), generationConfigJson(tokenizer));
  for (const [name, file] of tokenizer?.files ?? []) copyUnpacked(file, join(folder, name));
  writeText(join(folder, 'README.md'), partReadme(part, config, tokenizer));
}

/** Other tools read no gzip. */
function copyUnpacked(file: string, target: string): void {
  if (file.endsWith('.gz')) writeFileSync(target, gunzipSync(readFileSync(file)));
  else copyFileSync(file, target);
}

function writeTensors(file: string, tensors: NamedTensors): void {
  const fd = openSync(file, 'wx');
  try {
    writeSafetensors(fd, tensors, METADATA);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

const writeText = (file: string, text: string): void => writeFileSync(file, text, { flag: 'wx', flush: true });

const writeJson = (file: string, value: object): void => writeText(file, `${JSON.stringify(value, null, 2)}\n`);

const invalid = (sentence: string, tensor: string): LatentSweepError =>
  new LatentSweepError('WEIGHTS_INVALID', sentence, { tensor });

function writeFailure(path: string, cause: unknown): LatentSweepError {
  const errno = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const details = { path, errno };
  return isDiskFull(cause)
    ? new LatentSweepError('DISK_FULL', `no room for the export ${path} (${errno})`, details, cause)
    : new LatentSweepError(
        'ARTIFACT_STORE',
        `cannot write the export ${path} (${errno || String(cause)})`,
        details,
        cause,
      );
}
