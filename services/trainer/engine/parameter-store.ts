// Parameters, gradients and moments of one model set on the device: each exists once, and every graph binds it in place.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { ParameterGroup, SystemTensor } from '../../study/systems/index.ts';
import { elementCount, sameShape } from '../../tensor/graph/index.ts';
import { layOut, type Slab, type TensorPlacement } from '../../tensor/optimizer/index.ts';
import type { DeviceTensor, HostTensor, NamedTensors, Runtime } from '../../tensor/runtime/index.ts';
import type { EngineConfig } from './types.ts';

type Field = 'p' | 'm' | 'v' | 'g';

interface SlabMemory {
  readonly slab: Slab<ParameterGroup>;
  readonly fields: ReadonlyMap<Field, DeviceTensor>;
}

export class ParameterStore {
  readonly slabs: readonly SlabMemory[];
  /** Views by parameter name: values of all, gradients of the trained ones. */
  readonly values = new Map<string, DeviceTensor>();
  readonly gradients = new Map<string, DeviceTensor>();
  readonly #runtime: Runtime;
  readonly #parameters: readonly SystemTensor[];

  constructor(
    runtime: Runtime,
    parameters: readonly SystemTensor[],
    { optimizer, device }: Pick<EngineConfig, 'optimizer' | 'device'>,
  ) {
    this.#runtime = runtime;
    this.#parameters = parameters;
    this.slabs = layOut(parameters, optimizer.decay, device).map((slab) => {
      const fields: readonly Field[] = slab.trained ? ['p', 'm', 'v', 'g'] : ['p'];
      const shape = [slab.rows, slab.rowLength];
      const memory = { slab, fields: new Map(fields.map((field) => [field, runtime.createTensor('float32', shape)])) };
      for (const { name, shape: size, offset } of slab.placements) {
        this.values.set(name, runtime.alias(fieldOf(memory, 'p'), offset, size));
        if (slab.trained) this.gradients.set(name, runtime.alias(fieldOf(memory, 'g'), offset, size));
      }
      return memory;
    });
  }

  get trainedSlabs(): readonly SlabMemory[] {
    return this.slabs.filter(({ slab }) => slab.trained);
  }

  /** What a graph's input or output of this name is bound to: a parameter, or a gradient as `grad.<name>`, `sum.<name>` or `part.<name>`. */
  tensorOf(name: string): DeviceTensor | undefined {
    const gradient = /^(?:grad|sum|part)\.(.+)$/.exec(name)?.[1];
    return gradient === undefined ? this.values.get(name) : this.gradients.get(gradient);
  }

  /** @throws LatentSweepError WEIGHTS_INVALID naming the first missing, unknown, mis-shaped or non-finite tensor */
  setWeights(weights: NamedTensors): void {
    this.#checkNames(weights, '', this.#parameters);
    for (const { name } of this.#parameters) this.#write(name, 'p', weights.get(name));
  }

  /** As setWeights, of tensors that are made one at a time. */
  setEach(tensors: Iterable<readonly [string, HostTensor]>): void {
    const shapes = new Map(this.#parameters.map(({ name, shape }) => [name, shape]));
    for (const [name, tensor] of tensors) {
      checkTensor(name, tensor, shapes.get(name) ?? []);
      this.#write(name, 'p', tensor);
    }
  }

  weights(): NamedTensors {
    return new Map(this.#parameters.map(({ name }) => [name, this.#read(name, 'p')]));
  }

  gradientsOnHost(): NamedTensors {
    return new Map(this.#parameters.filter(({ trained }) => trained).map(({ name }) => [name, this.#read(name, 'g')]));
  }

  /** Weights and moments under the names of EngineState. */
  state(): NamedTensors {
    const tensors = new Map(this.weights());
    for (const { name, trained } of this.#parameters) {
      if (!trained) continue;
      tensors.set(`adam_m.${name}`, this.#read(name, 'm'));
      tensors.set(`adam_v.${name}`, this.#read(name, 'v'));
    }
    return tensors;
  }

  setState(tensors: NamedTensors): void {
    const trained = this.#parameters.filter((parameter) => parameter.trained);
    const moments = (prefix: string) => new Map([...tensors].filter(([name]) => name.startsWith(prefix)));
    this.#checkNames(moments('adam_m.'), 'adam_m.', trained);
    this.#checkNames(moments('adam_v.'), 'adam_v.', trained);
    this.setWeights(new Map([...tensors].filter(([name]) => !name.startsWith('adam_'))));
    for (const { name } of trained) {
      this.#write(name, 'm', tensors.get(`adam_m.${name}`));
      this.#write(name, 'v', tensors.get(`adam_v.${name}`));
    }
  }

  resetMoments(): void {
    for (const memory of this.trainedSlabs) {
      this.#runtime.fillZero(fieldOf(memory, 'm'));
      this.#runtime.fillZero(fieldOf(memory, 'v'));
    }
  }

  /** Zeros into the chosen gradients: those a graph does not compute, since nothing depends on them, or adds to. */
  clearGradients(isChosen: (name: string) => boolean): void {
    for (const [name, tensor] of this.gradients) if (isChosen(name)) this.#runtime.fillZero(tensor);
  }

  #checkNames(given: NamedTensors, prefix: string, wanted: readonly SystemTensor[]): void {
    const known = new Set(wanted.map(({ name }) => `${prefix}${name}`));
    const unknown = [...given.keys()].find((name) => !known.has(name));
    if (unknown !== undefined)
      throw new LatentSweepError('WEIGHTS_INVALID', `tensor ${unknown} is not a parameter of this system`, {
        name: unknown,
      });
    for (const { name: bare, shape } of wanted) {
      const name = `${prefix}${bare}`;
      const tensor = given.get(name);
      if (!tensor) throw new LatentSweepError('WEIGHTS_INVALID', `tensor ${name} is missing`, { name });
      checkTensor(name, tensor, shape);
    }
  }

  #place(name: string, field: Field): { readonly tensor: DeviceTensor; readonly placement: TensorPlacement } {
    for (const memory of this.slabs) {
      const placement = memory.slab.placements.find((candidate) => candidate.name === name);
      if (placement) return { tensor: fieldOf(memory, field), placement };
    }
    throw new LatentSweepError('WEIGHTS_INVALID', `there is no parameter ${name}`, { name });
  }

  #read(name: string, field: Field): HostTensor {
    const { tensor, placement } = this.#place(name, field);
    const data = this.#runtime.read(tensor, placement.offset, elementCount(placement.shape));
    if (!(data instanceof Float32Array)) throw new LatentSweepError('INTERNAL', 'a float32 tensor was expected');
    return { shape: placement.shape, data };
  }

  #write(name: string, field: Field, given: HostTensor | undefined): void {
    if (!given) return;
    const { tensor, placement } = this.#place(name, field);
    this.#runtime.write(tensor, given.data, placement.offset);
  }
}

export function fieldOf({ slab, fields }: SlabMemory, field: Field): DeviceTensor {
  const tensor = fields.get(field);
  if (!tensor) throw new LatentSweepError('INTERNAL', `slab ${slab.name} has no ${field}`);
  return tensor;
}

/** @throws LatentSweepError WEIGHTS_INVALID */
function checkTensor(name: string, tensor: HostTensor, shape: readonly number[]): void {
  if (!sameShape(tensor.shape, shape)) {
    throw new LatentSweepError(
      'WEIGHTS_INVALID',
      `tensor ${name} has shape [${tensor.shape.join(', ')}], the model needs [${shape.join(', ')}]`,
      { name },
    );
  }
  if (tensor.data.length !== elementCount(shape)) {
    throw new LatentSweepError(
      'WEIGHTS_INVALID',
      `tensor ${name} has ${tensor.data.length} values, its shape [${shape.join(', ')}] needs ${elementCount(shape)}`,
      { name },
    );
  }
  if (!tensor.data.every(Number.isFinite)) {
    throw new LatentSweepError('WEIGHTS_INVALID', `tensor ${name} holds a value that is not finite`, { name });
  }
}
