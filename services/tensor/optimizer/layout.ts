// Where every tensor lies. Tensors that share a learning rate and a decay lie end to end in one flat vector, a slab;
// graphs of the model see views of it, the optimizer sees the whole. So state exists once and an update is a few long runs.

import { elementCount } from '../graph/index.ts';
import type { OptimizerConfig, ParameterFacts } from './types.ts';

export interface TensorPlacement {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
}

/** @typeParam Group as in ParameterFacts */
export interface Slab<Group extends string = string> {
  readonly name: string;
  readonly group: Group;
  readonly trained: boolean;
  readonly decays: boolean;
  /** Elements, padding included; [rows, rowLength] for the update. */
  readonly rows: number;
  readonly rowLength: number;
  readonly placements: readonly TensorPlacement[];
}

/** Views start at 64-byte boundaries. */
const ALIGNMENT_FLOATS = 16;
/**
 * Most floats per row of the update. On the CPU three rows of state and their temporaries stay in cache
 * (docs/design/engine.md section 2); on a GPU every row costs its launches, and the temporaries of a row its memory (256 MB each).
 */
const ROW_FLOATS = { cpu: 262_144, cuda: 67_108_864 } as const;

export function layOut<Group extends string>(
  parameters: readonly ParameterFacts<Group>[],
  decay: OptimizerConfig['decay'],
  device: keyof typeof ROW_FLOATS = 'cpu',
): readonly Slab<Group>[] {
  const classes = new Map<string, [ParameterFacts<Group>, ...ParameterFacts<Group>[]]>();
  for (const parameter of parameters) {
    const decays = decay === 'all' || isMatrix(parameter);
    const key = parameter.trained ? `${parameter.group}.${decays ? 'decay' : 'plain'}` : `${parameter.group}.frozen`;
    const members = classes.get(key);
    if (members) members.push(parameter);
    else classes.set(key, [parameter]);
  }
  return [...classes].map(([name, members]) => slabOf(name, members, ROW_FLOATS[device]));
}

function slabOf<Group extends string>(
  name: string,
  members: readonly [ParameterFacts<Group>, ...ParameterFacts<Group>[]],
  mostPerRow: number,
): Slab<Group> {
  let offset = 0;
  const placements = members.map(({ name: tensor, shape }) => {
    const placement = { name: tensor, shape, offset };
    offset += Math.ceil(elementCount(shape) / ALIGNMENT_FLOATS) * ALIGNMENT_FLOATS;
    return placement;
  });
  const rowLength = Math.min(offset, mostPerRow);
  return {
    name,
    group: members[0].group,
    trained: members[0].trained,
    decays: name.endsWith('.decay'),
    rows: Math.ceil(offset / rowLength),
    rowLength,
    placements,
  };
}

const isMatrix = ({ shape, isTable }: ParameterFacts): boolean => shape.length >= 2 && !isTable;
