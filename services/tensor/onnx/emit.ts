// Turns a graph into an ONNX model: only what its outputs need, named by tensor id. Opset 18 and com.microsoft 1, where
// every operator used has CPU and CUDA kernels (docs/design/kernels.md section 2).

import {
  AttributeProto,
  AttributeProto_AttributeType,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  TensorProto_DataType,
  ValueInfoProto,
} from '../../gen/onnx/onnx.ts';
import type { Attribute, DType, Graph, Node, Tensor } from '../graph/index.ts';

const OPSET = 18n;
const IR_VERSION = 9n;

const ELEMENT_TYPE: Readonly<Record<DType, TensorProto_DataType>> = {
  float32: TensorProto_DataType.FLOAT,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
};
const BF16 = BigInt(TensorProto_DataType.BFLOAT16);
const FP32 = BigInt(TensorProto_DataType.FLOAT);

/** The serialised ModelProto of a graph. Static shapes everywhere; equal graphs give equal bytes. */
export function emitModel(graph: Graph, name: string): Uint8Array {
  const model = ModelProto.encode(
    ModelProto.fromPartial({
      irVersion: IR_VERSION,
      producerName: 'latent-sweep',
      graph: emitGraph(graph, name),
      opsetImport: [
        { domain: '', version: OPSET },
        { domain: 'com.microsoft', version: 1n },
      ],
    }),
  ).finish();
  emitted.set(model, { graph, name });
  return model;
}

interface Emitted {
  readonly graph: Graph;
  readonly name: string;
}

const emitted = new WeakMap<Uint8Array, Emitted>();

/** What a model was made of, for profiles; null for bytes that were not made here. */
export const emittedFrom = (model: Uint8Array): Emitted | null => emitted.get(model) ?? null;

/** Names of the inputs that the emitted model keeps: an input no output depends on is dropped. */
export function usedInputs(graph: Graph): ReadonlySet<string> {
  const used = reachable(graph);
  return new Set(
    graph.inputs.flatMap((input) =>
      used.tensors.has(input) && input.source.kind === 'input' ? [input.source.name] : [],
    ),
  );
}

function emitGraph(graph: Graph, name: string): GraphProto {
  const used = reachable(graph);
  const { names, renames } = nameTensors(graph);
  return GraphProto.fromPartial({
    name,
    node: [...emitNodes(graph, used.nodes, names), ...renames],
    input: graph.inputs.filter((input) => used.tensors.has(input)).map((input) => valueInfo(names(input), input)),
    output: graph.outputs.map((output) => valueInfo(output.name, output.tensor)),
    initializer: [...used.tensors]
      .filter((tensor) => tensor.source.kind === 'constant')
      .map((tensor) => emitConstant(tensor, names)),
  });
}

type Names = (tensor: Tensor) => string;

/**
 * A node's output that leaves the graph carries its outside name, so that ONNX Runtime computes it right into the bound memory;
 * an input, a constant or a tensor that leaves twice goes through an Identity.
 */
function nameTensors(graph: Graph): { readonly names: Names; readonly renames: readonly NodeProto[] } {
  const outside = new Map<Tensor, string>();
  const renames: NodeProto[] = [];
  const names: Names = (tensor) => {
    if (tensor.source.kind === 'input') return tensor.source.name;
    return outside.get(tensor) ?? `${tensor.graph.prefix}t${tensor.id}`;
  };
  for (const { name, tensor } of graph.outputs) {
    if (tensor.source.kind === 'node' && !outside.has(tensor)) outside.set(tensor, name);
    else renames.push(NodeProto.fromPartial({ opType: 'Identity', input: [names(tensor)], output: [name] }));
  }
  return { names, renames };
}

/** What the outputs need: exactly what is emitted, nodes in the order of the graph. */
export function reachable(graph: Graph): { readonly tensors: ReadonlySet<Tensor>; readonly nodes: ReadonlySet<Node> } {
  const tensors = new Set<Tensor>();
  const nodes = new Set<Node>();
  const pending = graph.outputs.map((output) => output.tensor);
  for (let tensor = pending.pop(); tensor; tensor = pending.pop()) {
    if (tensors.has(tensor)) continue;
    tensors.add(tensor);
    if (tensor.source.kind !== 'node' || nodes.has(tensor.source.node)) continue;
    nodes.add(tensor.source.node);
    pending.push(...tensor.source.node.inputs);
  }
  return { tensors, nodes };
}

function emitNodes(graph: Graph, used: ReadonlySet<Node>, names: Names): readonly NodeProto[] {
  const narrowed = new Set<Tensor>();
  return graph.nodes
    .filter((node) => used.has(node))
    .flatMap((node) =>
      graph.products === 'bf16' && isLargeProduct(node)
        ? emitNarrowProduct(node, names, narrowed)
        : [emitNode(node, names)],
    );
}

/** Products with a vector are sums of many terms: they stay in fp32. */
function isLargeProduct({ op, outputs }: Node): boolean {
  const shape = outputs[0]?.shape ?? [];
  return (op === 'Gemm' || op === 'FusedMatMul') && shape.at(-1) !== 1 && shape.at(-2) !== 1;
}

/**
 * A product of operands rounded to bf16, each rounded once per graph; its result is fp32 again before anything is added to it.
 * @param narrowed tensors that have a rounded copy by now
 */
function emitNarrowProduct(node: Node, names: Names, narrowed: Set<Tensor>): readonly NodeProto[] {
  const [a, b, addend] = node.inputs;
  const factors = [a, b].flatMap((factor) => factor ?? []);
  const narrow = (tensor: Tensor): string => `${names(tensor)}.bf16`;
  const casts = factors.flatMap((tensor) => {
    if (narrowed.has(tensor)) return [];
    narrowed.add(tensor);
    return [castNode(names(tensor), narrow(tensor), BF16)];
  });
  const output = node.outputs.map(names)[0] ?? '';
  const product = NodeProto.fromPartial({
    opType: node.op,
    domain: node.domain,
    input: factors.map(narrow),
    output: [`${output}.product`],
    attribute: Object.entries(node.attributes).map(([name, attribute]) => emitAttribute(name, attribute)),
  });
  if (addend === undefined) return [...casts, product, castNode(`${output}.product`, output, FP32)];
  const wide = `${output}.wide`;
  const sum = NodeProto.fromPartial({ opType: 'Add', input: [wide, names(addend)], output: [output] });
  return [...casts, product, castNode(`${output}.product`, wide, FP32), sum];
}

const castNode = (from: string, to: string, type: bigint): NodeProto =>
  NodeProto.fromPartial({
    opType: 'Cast',
    input: [from],
    output: [to],
    attribute: [{ name: 'to', type: AttributeProto_AttributeType.INT, i: type }],
  });

function emitNode(node: Node, names: Names): NodeProto {
  return NodeProto.fromPartial({
    opType: node.op,
    domain: node.domain,
    input: node.inputs.map(names),
    output: node.outputs.map(names),
    attribute: Object.entries(node.attributes).map(([name, attribute]) => emitAttribute(name, attribute)),
  });
}

function emitAttribute(name: string, attribute: Attribute): AttributeProto {
  switch (attribute.kind) {
    case 'int':
      return AttributeProto.fromPartial({ name, type: AttributeProto_AttributeType.INT, i: BigInt(attribute.value) });
    case 'float':
      return AttributeProto.fromPartial({ name, type: AttributeProto_AttributeType.FLOAT, f: attribute.value });
    case 'ints':
      return AttributeProto.fromPartial({
        name,
        type: AttributeProto_AttributeType.INTS,
        ints: attribute.value.map(BigInt),
      });
    case 'text':
      return AttributeProto.fromPartial({
        name,
        type: AttributeProto_AttributeType.STRING,
        s: Buffer.from(attribute.value),
      });
    case 'graph':
      return AttributeProto.fromPartial({
        name,
        type: AttributeProto_AttributeType.GRAPH,
        g: emitGraph(attribute.value, name),
      });
  }
}

function emitConstant(tensor: Tensor, names: Names): TensorProto {
  const data = tensor.source.kind === 'constant' ? tensor.source.data : new Float32Array();
  return TensorProto.fromPartial({
    name: names(tensor),
    dataType: ELEMENT_TYPE[tensor.dtype],
    dims: tensor.shape.map(BigInt),
    rawData: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  });
}

function valueInfo(name: string, tensor: Tensor): ValueInfoProto {
  return ValueInfoProto.fromPartial({
    name,
    type: {
      value: {
        $case: 'tensorType',
        value: {
          elemType: ELEMENT_TYPE[tensor.dtype],
          shape: { dim: tensor.shape.map((size) => ({ value: { $case: 'dimValue', value: BigInt(size) } })) },
        },
      },
    },
  });
}
