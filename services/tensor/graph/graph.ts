// A tensor program with every shape and dtype known while it is built. Nodes are ONNX operators (opset 18 and
// com.microsoft 1); equal nodes are built once. It only describes: nothing here computes or knows gradients.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';

export type DType = 'float32' | 'int64' | 'bool';
export type Shape = readonly number[];

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'graph'; readonly value: Graph };

export type Attributes = Readonly<Record<string, Attribute>>;

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const text = (value: string): Attribute => ({ kind: 'text', value });

export interface Tensor {
  readonly graph: Graph;
  /** Unique within its graph; also the name in the ONNX model unless the tensor is an input or output. */
  readonly id: number;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly source:
    | { readonly kind: 'input'; readonly name: string }
    | { readonly kind: 'constant'; readonly data: Float32Array | BigInt64Array }
    | { readonly kind: 'node'; readonly node: Node };
}

export interface Node {
  readonly op: string;
  readonly domain: '' | 'com.microsoft';
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly outputs: readonly Tensor[];
  /** Part of the program that it belongs to (Graph.within), for profiles; never emitted. */
  readonly scope: string;
}

export interface OutputSpec {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Operators of com.microsoft that this project emits; every other one is of the standard domain. */
const MICROSOFT_OPS = new Set(['FusedMatMul', 'FastGelu', 'QuickGelu', 'RotaryEmbedding']);

export interface GraphOptions {
  /** Of tensor names; the body of a Scan needs one of its own. */
  readonly prefix?: string;
  /** Whose kernels it is written for, where no form is the fastest on both. */
  readonly device?: 'cpu' | 'cuda';
  /** Whether inner values of layers are computed again for the gradient instead of kept (autodiff/recompute.ts). */
  readonly recomputes?: boolean;
  /** In what matrix products are computed; all else, and products with a vector, which are sums, stay in fp32. */
  readonly products?: 'fp32' | 'bf16';
  /** No gradient will be asked for: see `Graph.forwardOnly`. */
  readonly forwardOnly?: boolean;
}

export class Graph {
  readonly prefix: string;
  readonly device: 'cpu' | 'cuda';
  readonly recomputes: boolean;
  readonly products: 'fp32' | 'bf16';
  readonly nodes: Node[] = [];
  readonly inputs: Tensor[] = [];
  readonly outputs: { readonly name: string; readonly tensor: Tensor }[] = [];
  readonly #known = new Map<string, Node>();
  readonly #constants = new Map<string, Tensor>();
  #nextId = 0;
  #scope = '';
  #isForwardOnly: boolean;

  constructor({
    prefix = '',
    device = 'cpu',
    recomputes = false,
    products = 'fp32',
    forwardOnly = false,
  }: GraphOptions = {}) {
    this.prefix = prefix;
    this.device = device;
    this.recomputes = recomputes;
    this.products = products;
    this.#isForwardOnly = forwardOnly;
  }

  /** Whether what is being built needs no gradient: kernels that keep nothing for one may be taken. */
  get isForwardOnly(): boolean {
    return this.#isForwardOnly;
  }

  /** What `build` makes gets no gradient; asking for one is an error. */
  forwardOnly<T>(build: () => T): T {
    const outer = this.#isForwardOnly;
    this.#isForwardOnly = true;
    try {
      return build();
    } finally {
      this.#isForwardOnly = outer;
    }
  }

  input(name: string, dtype: DType, shape: Shape): Tensor {
    const tensor: Tensor = { graph: this, id: this.#nextId++, dtype, shape, source: { kind: 'input', name } };
    this.inputs.push(tensor);
    return tensor;
  }

  output(name: string, tensor: Tensor): void {
    this.outputs.push({ name, tensor });
  }

  constant(data: Float32Array | BigInt64Array, shape: Shape): Tensor {
    const dtype = data instanceof Float32Array ? 'float32' : 'int64';
    const key = data.length <= 64 ? `${dtype}[${shape.join()}]${data.join()}` : null;
    const known = key === null ? undefined : this.#constants.get(key);
    if (known) return known;
    const tensor: Tensor = { graph: this, id: this.#nextId++, dtype, shape, source: { kind: 'constant', data } };
    if (key !== null) this.#constants.set(key, tensor);
    return tensor;
  }

  /** A constant whose elements are all `value`, made once. */
  filled(value: number, shape: Shape): Tensor {
    const key = `${value} everywhere[${shape.join()}]`;
    const known = this.#constants.get(key);
    if (known) return known;
    const tensor = this.constant(new Float32Array(elementCount(shape)).fill(value), shape);
    this.#constants.set(key, tensor);
    return tensor;
  }

  scalar(value: number): Tensor {
    return this.constant(Float32Array.of(value), []);
  }

  indices(values: readonly number[]): Tensor {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** One node; a node with the same operator, inputs and attributes is built once. */
  apply(
    op: string,
    inputs: readonly Tensor[],
    attributes: Attributes,
    outputs: readonly OutputSpec[],
  ): readonly Tensor[] {
    const key = nodeKey(op, inputs, attributes, outputs.length);
    const known = key === null ? undefined : this.#known.get(key);
    if (known) return known.outputs;
    const made: Tensor[] = [];
    const domain = MICROSOFT_OPS.has(op) ? 'com.microsoft' : '';
    const node: Node = { op, domain, inputs, attributes, outputs: made, scope: this.#scope };
    for (const { dtype, shape } of outputs) {
      made.push({ graph: this, id: this.#nextId++, dtype, shape, source: { kind: 'node', node } });
    }
    this.nodes.push(node);
    if (key !== null) this.#known.set(key, node);
    return made;
  }

  /** Nodes that `build` makes first belong to `scope`. */
  within<T>(scope: string, build: () => T): T {
    const outer = this.#scope;
    this.#scope = scope;
    try {
      return build();
    } finally {
      this.#scope = outer;
    }
  }

  /** One node with one output. */
  apply1(op: string, inputs: readonly Tensor[], attributes: Attributes, dtype: DType, shape: Shape): Tensor {
    return first(this.apply(op, inputs, attributes, [{ dtype, shape }]));
  }
}

/** null: never shared (nodes with a subgraph). */
function nodeKey(op: string, inputs: readonly Tensor[], attributes: Attributes, outputs: number): string | null {
  const parts = [op, inputs.map((tensor) => tensor.id).join(), outputs];
  for (const [name, attribute] of Object.entries(attributes)) {
    if (attribute.kind === 'graph') return null;
    parts.push(`${name}=${attribute.value.toString()}`);
  }
  return parts.join(';');
}

function first<T>(items: readonly T[]): T {
  return at(items, 0);
}

/** `items[index]`, counted from the end when negative; absence is a bug of the caller. */
export function at<T>(items: readonly T[], index: number): T {
  const item = items.at(index);
  if (item === undefined) throw new LatentSweepError('INTERNAL', `index ${index} outside of ${items.length} items`);
  return item;
}

export function elementCount(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** The error of an operator whose operands do not fit: names it and every shape. */
export function shapeMismatch(op: string, ...shapes: readonly Shape[]): LatentSweepError {
  const shown = shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ');
  return new LatentSweepError('SHAPE_MISMATCH', `${op} cannot take ${shown}`, { op, shapes: shown });
}
