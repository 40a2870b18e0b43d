// Cell i of a sweep as a pure function of (spec, i): mixed radix over blocks, seeds outermost. Nothing is materialised but, where
// the file excludes cells, the list of those that stay (4 bytes a point of one seed).

import { canonicalJson } from './identity.ts';
import type { SweepSpec } from './sweep-spec.ts';

type Axis = SweepSpec['axes'][number];
type Values = Readonly<Record<string, unknown>>;

export interface GridPoint {
  /** Null in the grid itself; otherwise which partial point of `include` it belongs to. */
  readonly include: number | null;
  /** Settings by dotted path. */
  readonly values: Values;
}

export interface GridCell extends GridPoint {
  readonly seed: number;
}

export interface Grid {
  readonly size: number;
  /** Cells of one seed. */
  readonly points: number;
  /** O(axes). @throws RangeError outside 0..points-1 */
  point(index: number): GridPoint;
  /** O(axes). @throws RangeError outside 0..size-1 */
  cell(index: number): GridCell;
}

export function gridOf(spec: Pick<SweepSpec, 'axes' | 'include' | 'exclude' | 'seeds'>): Grid {
  const { axes, include, exclude, seeds } = spec;
  const blocks = [gridBlock(axes, exclude), ...include.map((given, index) => includeBlock(axes, given, index))];
  const points = blocks.reduce((sum, block) => sum + block.size, 0);

  const point = (index: number): GridPoint => {
    let left = inRange(index, points);
    for (const block of blocks) {
      if (left < block.size) return block.point(left);
      left -= block.size;
    }
    throw new RangeError(`no point ${index}`);
  };
  return {
    size: points * seeds.length,
    points,
    point,
    cell: (index) => {
      const seed = seeds[Math.floor(inRange(index, points * seeds.length) / points)];
      if (seed === undefined) throw new RangeError(`no cell ${index}`);
      return { seed, ...point(index % points) };
    },
  };
}

/** Cells before any are excluded, counted without making one. Beyond 2^53 the number is near, not exact. */
export function cellsBeforeExclusion({ axes, include, seeds }: Pick<SweepSpec, 'axes' | 'include' | 'seeds'>): number {
  const points = include.reduce((sum, given) => sum + sizeOf(openAxes(axes, given)), sizeOf(axes));
  return points * seeds.length;
}

interface Block {
  readonly size: number;
  point(index: number): GridPoint;
}

function gridBlock(axes: readonly Axis[], exclude: readonly Values[]): Block {
  const size = sizeOf(axes);
  const whole: Block = { size, point: (index) => ({ include: null, values: valuesAt(axes, index) }) };
  if (exclude.length === 0) return whole;
  const isExcluded = exclusion(axes, exclude);
  const kept = new Uint32Array(size);
  let count = 0;
  for (let index = 0; index < size; index++) {
    if (!isExcluded(valuesAt(axes, index))) kept[count++] = index;
  }
  return { size: count, point: (index) => whole.point(kept[index] ?? 0) };
}

function includeBlock(axes: readonly Axis[], given: Values, include: number): Block {
  const open = openAxes(axes, given);
  return { size: sizeOf(open), point: (index) => ({ include, values: { ...valuesAt(open, index), ...given } }) };
}

const openAxes = (axes: readonly Axis[], given: Values): readonly Axis[] =>
  axes.filter((axis) => !Object.hasOwn(given, axis.path));

const sizeOf = (axes: readonly Axis[]): number => axes.reduce((product, axis) => product * axis.values.length, 1);

function valuesAt(axes: readonly Axis[], index: number): Values {
  const entries: [string, unknown][] = [];
  let left = index;
  for (const { path, values } of axes.toReversed()) {
    entries.unshift([path, values[left % values.length]]);
    left = Math.floor(left / values.length);
  }
  return Object.fromEntries(entries);
}

/** Values are compared as JSON, so 1e-4 and 0.0001 are the same; each value is written as JSON once. */
function exclusion(axes: readonly Axis[], exclude: readonly Values[]): (values: Values) => boolean {
  const jsonOf = new Map(axes.flatMap(({ values }) => values.map((value) => [value, canonicalJson(value)] as const)));
  const partials = exclude.map((partial) =>
    Object.entries(partial).map(([path, value]) => [path, canonicalJson(value)] as const),
  );
  return (values) =>
    partials.some((partial) => partial.every(([path, json]) => path in values && jsonOf.get(values[path]) === json));
}

function inRange(index: number, size: number): number {
  if (!Number.isInteger(index) || index < 0 || index >= size) throw new RangeError(`${index} is not in 0..${size - 1}`);
  return index;
}
