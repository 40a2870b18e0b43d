// First values of every parameter of a system (docs/design/study.md section 3, points 4 and 6, and section 2 for soft_2x and the bottleneck).
// Pure in (settings, options): every tensor draws from a stream of its own name.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { computedModel, STEP_DECODER, systemTraits } from '../../study/systems/index.ts';
import { elementCount, sameShape } from '../../tensor/graph/index.ts';
import type { HostTensor, NamedTensors } from '../../tensor/runtime/index.ts';
import {
  INITIAL_DEVIATION,
  initialWeight,
  parameterShapes,
  renameLayer,
  tokenEmbeddingName,
  writesResidual,
} from '../models/index.ts';
import { draws } from '../random/draws.ts';
import { type SystemSettings, systemParameters } from '../systems/index.ts';
import type { InitialiseOptions } from './types.ts';

/** A tensor by its Hugging Face name, made when it is asked for. */
type Source = (name: string) => HostTensor;

/**
 * Every parameter with its first values, one at a time: a large model is never held twice.
 * @throws LatentSweepError WEIGHTS_INVALID when `options.base` does not fit the model, CONFIG_INVALID for a bottleneck wider than what it narrows
 */
export function* initialise(
  settings: SystemSettings,
  options: InitialiseOptions,
): Generator<readonly [string, HostTensor]> {
  const { seed } = options;
  const base = options.base === null ? scratch(settings, 'base', seed) : checkedBase(settings, options.base);
  const computed = systemTraits(settings.system).depth === 2 ? doubled(base) : base;
  const coprocessor = options.coprocessorInit === 'base' ? computed : scratch(settings, 'coprocessor', seed);
  const soft = softRows(settings, options, computed);
  for (const { name, shape } of systemParameters(settings)) {
    const [prefix = '', ...rest] = name.split('.');
    const bare = rest.join('.');
    switch (prefix) {
      case 'base':
        yield [name, computed(bare)];
        break;
      case 'coprocessor':
        yield [name, coprocessor(bare)];
        break;
      case 'step_decoder':
        yield [name, computed(bare)];
        break;
      case 'channel':
        yield [name, projection(bare, shape, seed)];
        break;
      default:
        yield [name, soft(name, shape)];
    }
  }
}

/** Tensors of the step decoder as it begins around weights that are there already: the Base's first layers and its final norm. */
export function initialStepDecoder(settings: SystemSettings, weights: NamedTensors): NamedTensors {
  const names = systemParameters(settings).flatMap(({ name, group }) => (group === 'step_decoder' ? [name] : []));
  return new Map(names.map((name) => [name, required(weights.get(`base.${name.slice(STEP_DECODER.length)}`), name)]));
}

function scratch({ model }: SystemSettings, label: string, seed: number): Source {
  const shapes = parameterShapes(model);
  return (name) => {
    const shape = required(shapes.get(name), name);
    return { shape, data: initialWeight(model, `initialise.${label}`, seed, name, shape) };
  };
}

function checkedBase({ model }: SystemSettings, given: NamedTensors): Source {
  const shapes = parameterShapes(model);
  const unknown = [...given.keys()].find(
    (name) => !name.startsWith('base.') || !shapes.has(name.slice('base.'.length)),
  );
  if (unknown !== undefined)
    throw new LatentSweepError('WEIGHTS_INVALID', `tensor ${unknown} is not a parameter of the Base`, {
      name: unknown,
    });
  for (const [bare, shape] of shapes) {
    const name = `base.${bare}`;
    const tensor = given.get(name);
    if (!tensor) throw new LatentSweepError('WEIGHTS_INVALID', `tensor ${name} is missing`, { name });
    if (!sameShape(tensor.shape, shape)) {
      throw new LatentSweepError(
        'WEIGHTS_INVALID',
        `tensor ${name} has shape [${tensor.shape.join(', ')}], the model needs [${shape.join(', ')}]`,
        { name },
      );
    }
  }
  return (bare) => required(given.get(`base.${bare}`), bare);
}

/** Twice the depth, the same function: each layer is followed by a copy whose output projections are zero. */
function doubled(base: Source): Source {
  return (name) => {
    let isCopy = false;
    const original = renameLayer(name, (layer) => {
      isCopy = layer % 2 === 1;
      return Math.floor(layer / 2);
    });
    const tensor = base(original);
    return isCopy && writesResidual(name) ? { ...tensor, data: new Float32Array(tensor.data.length) } : tensor;
  };
}

/** Rows of the soft-token table and of the query, which belongs to it. */
function softRows(settings: SystemSettings, { seed, softInit }: InitialiseOptions, base: Source) {
  const { width, vocabSize } = computedModel(settings.system, settings.model);
  const table = base(tokenEmbeddingName(settings.model)).data;
  const centre = new Float64Array(width);
  switch (softInit.kind) {
    case 'zeros':
      break;
    case 'mean':
      for (let i = 0; i < table.length; i++) centre[i % width] = (centre[i % width] ?? 0) + (table[i] ?? 0) / vocabSize;
      break;
    case 'token':
      if (!(Number.isInteger(softInit.id) && softInit.id >= 0 && softInit.id < vocabSize)) {
        throw new LatentSweepError(
          'TOKEN_OUT_OF_RANGE',
          `soft_init: token ${softInit.id} is outside of a vocabulary of ${vocabSize}`,
          {
            token: softInit.id,
            vocabSize,
          },
        );
      }
      centre.set(table.subarray(softInit.id * width, (softInit.id + 1) * width));
  }
  const noise = softInit.kind === 'zeros' ? 0 : INITIAL_DEVIATION;
  return (name: string, shape: readonly number[]): HostTensor => {
    const source = draws(`initialise.${name}`, seed);
    const data = Float32Array.from(
      { length: elementCount(shape) },
      (_, i) => (centre[i % width] ?? 0) + noise * source.normal(),
    );
    return { shape, data };
  };
}

/** Down [w, r] has orthonormal columns, up [r, w] is its transpose; both come from the stream of the pair. */
function projection(name: string, shape: readonly number[], seed: number): HostTensor {
  const isUp = name.endsWith('.up');
  const [rank = 0, width = 0] = isUp ? shape : [...shape].reverse();
  if (rank > width) {
    throw new LatentSweepError('CONFIG_INVALID', `channel.rank: ${rank} is wider than the ${width} floats it narrows`, {
      key: 'channel.rank',
    });
  }
  const rows = orthonormalRows(
    rank,
    width,
    draws(`initialise.channel.${name.replace(/\.(up|down)$/, '')}`, seed).normal,
  );
  const data = new Float32Array(rank * width);
  rows.forEach((row, r) => {
    row.forEach((value, w) => {
      data[isUp ? r * width + w : w * rank + r] = value;
    });
  });
  return { shape, data };
}

/** Gram and Schmidt, twice over for accuracy. */
function orthonormalRows(count: number, width: number, normal: () => number): readonly Float64Array[] {
  const rows: Float64Array[] = [];
  for (let r = 0; r < count; r++) {
    const row = Float64Array.from({ length: width }, normal);
    for (const earlier of [...rows, ...rows]) {
      const overlap = row.reduce((sum, value, i) => sum + value * (earlier[i] ?? 0), 0);
      for (let i = 0; i < width; i++) row[i] = (row[i] ?? 0) - overlap * (earlier[i] ?? 0);
    }
    const length = Math.hypot(...row);
    rows.push(row.map((value) => value / length));
  }
  return rows;
}

function required<T>(found: T | undefined, name: string): T {
  if (found === undefined) throw new LatentSweepError('INTERNAL', `initialisation made no tensor ${name}`, { name });
  return found;
}
