// A Hugging Face folder as a model shape and its Base tensors. Names and shapes are settled from the headers first; then data are read tensor
// by tensor, so that a folder that does not fit costs nothing and one that fits costs its own size once.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { OWN_HEAD } from '../../study/systems/index.ts';
import { sameShape } from '../../tensor/graph/index.ts';
import type { HostTensor, NamedTensors } from '../../tensor/runtime/index.ts';
import { checkReadable, withSafetensors } from '../../tensor/safetensors/index.ts';
import { type ModelConfig, parameterShapes, tokenEmbeddingName } from '../models/index.ts';
import { readModelConfig } from './model-config.ts';
import { tensorRole } from './tensor-names.ts';
import { checkTiedHead } from './tied-head.ts';
import { type StoredTensor, type WeightFile, weightFiles } from './weight-files.ts';

export interface HuggingFaceFolder {
  readonly config: ModelConfig;
  /** `base.<name>` of every parameter, fp32; reads the files anew at each call. */
  readonly readTensors: () => NamedTensors;
}

export interface LoadedFolder {
  readonly config: ModelConfig;
  readonly tensors: NamedTensors;
}

/** By full parameter name. */
type Parameters = ReadonlyMap<string, StoredTensor>;

/** As `openHuggingFaceFolder`, with the tensors read. */
export function loadHuggingFaceFolder(path: string): LoadedFolder {
  const { config, readTensors } = openHuggingFaceFolder(path);
  return { config, tensors: readTensors() };
}

/**
 * Checks config, files, names and shapes, and that a stored head equals the embedding it is tied to; reads no other data yet (`readTensors` does,
 * and checks that values are finite).
 * @throws LatentSweepError DATA_MISSING, DATA_INVALID or CONFIG_INVALID for the folder's files and keys; WEIGHTS_INVALID naming file, tensor and shapes
 */
export function openHuggingFaceFolder(path: string): HuggingFaceFolder {
  const config = readModelConfig(path);
  const parameters = findParameters(path, config, weightFiles(path));
  return { config, readTensors: () => readTensors(config, parameters) };
}

function findParameters(folder: string, config: ModelConfig, files: readonly WeightFile[]): Parameters {
  const shapes = parameterShapes(config);
  const parameters = new Map<string, StoredTensor>();
  let tiedHead: StoredTensor | null = null;
  for (const { path: file, entries } of files) {
    for (const entry of entries) {
      const role = tensorRole(config, entry.name);
      if (role.kind === 'buffer') continue;
      if (role.kind === 'tiedHead') {
        tiedHead = { file, entry };
        continue;
      }
      const shape = shapes.get(role.name);
      if (shape === undefined) {
        throw invalid(
          `${file} holds tensor ${entry.name} [${entry.shape.join(', ')}], which a ${config.kind} of ${config.layers} layers does not have`,
          file,
          entry.name,
        );
      }
      if (parameters.has(role.name)) throw invalid(`${file} holds ${role.name} under two names`, file, entry.name);
      checkStored({ file, entry }, shape);
      parameters.set(role.name, { file, entry });
    }
  }
  if (tiedHead !== null) {
    const embedding = tokenEmbeddingName(config);
    const stored = parameters.get(embedding);
    // of a tied tensor some libraries keep the other name
    if (stored === undefined) parameters.set(embedding, tiedHead);
    checkStored(tiedHead, shapes.get(embedding) ?? []);
    if (stored !== undefined) checkTiedHead(tiedHead, stored);
  }
  const missing = [...shapes].filter(([name]) => !parameters.has(name));
  if (missing[0] !== undefined) {
    const [name, shape] = missing[0];
    const why = name === OWN_HEAD ? ' (config.json does not tie the head: tie_word_embeddings)' : '';
    const others = missing.length === 1 ? '' : ` and ${missing.length - 1} more`;
    throw invalid(`${folder} lacks tensor ${name} [${shape.join(', ')}]${others}${why}`, folder, name);
  }
  return parameters;
}

/** Whether what is stored is what the model has, in numbers that are read here. */
function checkStored({ file, entry }: StoredTensor, shape: readonly number[]): void {
  checkReadable(entry, file);
  if (sameShape(entry.shape, shape)) return;
  throw invalid(
    `${file}: tensor ${entry.name} has shape [${entry.shape.join(', ')}], config.json needs [${shape.join(', ')}]`,
    file,
    entry.name,
  );
}

function readTensors(config: ModelConfig, parameters: Parameters): NamedTensors {
  const read = new Map<string, HostTensor>();
  for (const file of new Set([...parameters.values()].map((located) => located.file))) {
    withSafetensors(file, (open) => {
      for (const [name, located] of parameters) {
        if (located.file !== file) continue;
        const tensor = open.read(located.entry);
        checkFinite(tensor.data, file, located.entry.name);
        read.set(name, tensor);
      }
    });
  }
  // the order of the model, whatever the order of the files: equal weights give equal maps
  return new Map(
    [...parameterShapes(config).keys()].flatMap((name) => {
      const tensor = read.get(name);
      return tensor === undefined ? [] : [[`base.${name}`, tensor] as const];
    }),
  );
}

function checkFinite(data: Float32Array, file: string, tensor: string): void {
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i]))
      throw invalid(`${file}: tensor ${tensor} holds ${data[i]} at element ${i}`, file, tensor);
  }
}

const invalid = (sentence: string, file: string, tensor: string): LatentSweepError =>
  new LatentSweepError('WEIGHTS_INVALID', sentence, { file, tensor });
