// Which tensors a system has, by the names of docs/design/probe.md section 3, and which of them it trains (section 4, "used part"). The trainer
// builds its parameters from this list and plans count it. The order is that of checkpoints; it must never change.

import { type Channel, type Objective, objectiveOf, type Query, type SystemName } from '../settings/index.ts';
import { exchangedLayers } from './layer-selection.ts';
import type { ModelShape } from './model-shape.ts';
import { eachModelTensor, fullName, isBody, isTable, type ModelTensor } from './model-tensors.ts';
import { computedModel, ownChannel, systemTraits } from './system-traits.ts';

/** Which learning rate a trained tensor follows. */
export type ParameterGroup = 'base' | 'coprocessor' | 'soft' | 'step_decoder';

export interface SystemTensor {
  readonly name: string;
  /** Elements per axis. */
  readonly shape: readonly number[];
  readonly group: ParameterGroup;
  readonly trained: boolean;
  /** Rows are looked up rather than multiplied. */
  readonly isTable: boolean;
}

/** What decides which tensors a system has. */
export interface DescribedSystem {
  readonly system: SystemName;
  /** null = the system's own. */
  readonly channel: Channel | null;
  readonly latents: number;
  /** Null for plain systems. */
  readonly query: Query | null;
  /** Of the Base it starts from. */
  readonly shape: ModelShape;
  /** Rows of the token embedding. */
  readonly vocabulary: number;
  /** Of a training phase; those of other phases have none. */
  readonly objectives?: readonly Objective[] | undefined;
}

export interface ParameterCounts {
  readonly total: number;
  readonly trained: number;
}

/** Every tensor of a system, in a fixed order: Base, Coprocessor, step decoder, bottleneck, soft tokens, query. */
export function systemTensors(described: DescribedSystem): readonly SystemTensor[] {
  const { family } = described.shape;
  const list: SystemTensor[] = [];
  eachModelPart(described, (group, tensor, layer, trained) => {
    const name = `${group}.${fullName(family, tensor, layer)}`;
    list.push({ name, shape: tensor.shape, group, trained, isTable: isTable(tensor) });
  });
  return [...list, ...ownTensors(described)];
}

/** How many numbers a system holds, and how many of them it trains. Makes no names: a plan counts for every trial of a grid. */
export function parameterCounts(described: DescribedSystem): ParameterCounts {
  const own = ownTensors(described).reduce(
    (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  );
  let [total, trained] = [own, own];
  eachModelPart(described, (_group, { elements }, _layer, isTrained) => {
    total += elements;
    if (isTrained) trained += elements;
  });
  return { total, trained };
}

type Visit = (
  group: 'base' | 'coprocessor' | 'step_decoder',
  tensor: ModelTensor,
  layer: number | null,
  trained: boolean,
) => void;

/** Tensors of the Base, then of the Coprocessor, then of the step decoder. */
function eachModelPart(described: DescribedSystem, visit: Visit): void {
  const { system, vocabulary } = described;
  const { trainsBase, coprocessor } = systemTraits(system);
  const model = computedModel(system, described.shape);
  eachModelTensor(model, vocabulary, (tensor, layer) => {
    visit('base', tensor, layer, trainsBase);
  });
  if (coprocessor !== null) {
    const isUsed = usedTensors(described);
    eachModelTensor(model, vocabulary, (tensor, layer) => {
      if (isBody(tensor)) visit('coprocessor', tensor, layer, isUsed(tensor, layer));
    });
  }
  const layers = stepDecoderLayers(described);
  if (layers === null) return;
  eachModelTensor({ ...model, layers }, vocabulary, (tensor, layer) => {
    if (isBody(tensor)) visit('step_decoder', tensor, layer, true);
  });
}

/** Before the names of the step decoder's tensors. */
export const STEP_DECODER = 'step_decoder.';

/** Layers of the model that reads replaced steps off their latents; null without the objective `steps`. */
export function stepDecoderLayers({
  system,
  shape,
  objectives = [],
}: Pick<DescribedSystem, 'system' | 'shape' | 'objectives'>): number | null {
  const steps = objectiveOf(objectives, 'steps');
  return steps === null ? null : (steps.layers ?? computedModel(system, shape).layers);
}

/** Whether a Coprocessor tensor can influence the loss: with a kv channel only cache entries up to the highest exchanged layer leave it. */
function usedTensors({
  system,
  channel,
  shape,
}: DescribedSystem): (tensor: ModelTensor, layer: number | null) => boolean {
  if ((channel ?? ownChannel(system))?.kind !== 'kv') return () => true;
  const top = Math.max(...exchangedLayers(system, channel, shape.layers));
  return ({ role }, layer) =>
    layer === null ? role === 'positions' : layer < top || (layer === top && role === 'cache');
}

/** What no model has, all of it trained: bottleneck, soft tokens, query. */
function ownTensors(described: DescribedSystem): readonly SystemTensor[] {
  const { system, latents, query } = described;
  const { width } = described.shape;
  const { coprocessor, softTokens, oneSoftRow } = systemTraits(system);
  const list = coprocessor === null ? [] : bottleneckTensors(described);
  const softRows = oneSoftRow ? 1 : latents;
  const soft = { group: 'soft', trained: true } as const;
  if (softTokens && softRows > 0) list.push({ name: 'soft_tokens', shape: [softRows, width], ...soft, isTable: true });
  if (query === 'marker') list.push({ name: 'query_token', shape: [width], ...soft, isTable: false });
  return list;
}

/** Bottleneck projections: `<what>.down` [w, r] and `<what>.up` [r, w] per exchanged vector. */
function bottleneckTensors({ system, channel, shape: model }: DescribedSystem): SystemTensor[] {
  const rank = channel?.rank ?? null;
  if (rank === null) return [];
  const isCache = channel?.kind === 'kv';
  const width = isCache ? model.kvHeads * model.headWidth : model.width;
  const exchanged = isCache
    ? exchangedLayers(system, channel, model.layers).flatMap((layer) => [`k.${layer}`, `v.${layer}`])
    : ['z'];
  const facts = { group: 'coprocessor', trained: true, isTable: false } as const;
  return exchanged.flatMap((what) => [
    { name: `channel.${what}.down`, shape: [width, rank], ...facts },
    { name: `channel.${what}.up`, shape: [rank, width], ...facts },
  ]);
}
