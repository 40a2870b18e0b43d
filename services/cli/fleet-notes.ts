// What a sweep asks for that no node of the fleet has: told when it is planned or started, because its phases would wait without a word.
// Notes, no refusals: nodes may still join.

import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { type Config, endpoints } from '../config/index.ts';
import { readRows } from '../store/index.ts';
import { leastMemoryBytes } from '../study/cost/index.ts';
import { planSweepFile, type SweepSpec } from '../study/plan/index.ts';
import { withReader } from './access.ts';
import { nodesQuery } from './queries/nodes.ts';
import { formatBytes } from './render/quantities.ts';

/** Points of a larger grid differ in numbers more than in size. */
const MOST_POINTS = 1_000;

/** A slot of a connected node; memory in bytes, 0 = not known. */
export interface Place {
  readonly device: string;
  readonly memory_bytes: number;
}

/** Notes for the nodes that are connected now; none while the stack is down or no node is there yet. */
export async function fleetNotes(config: Config, spec: SweepSpec): Promise<readonly string[]> {
  if (!isUp(config)) return [];
  const nodes = await withReader(config, (reader) => readRows(reader, nodesQuery, []));
  return notesOn(
    spec,
    nodes.filter((node) => node.connected).flatMap((node) => node.places),
  );
}

/** Pure. @param places of all connected nodes; memory 0 = not known */
export function notesOn(spec: SweepSpec, places: readonly Place[]): readonly string[] {
  if (places.length === 0) return [];
  const { device } = spec.resources;
  const fitting = places.filter((place) => (device === 'any' ? place.device !== 'simulate' : place.device === device));
  const needed = leastMemoryOf(spec);
  if (needed === 0) return [];
  if (fitting.length === 0) {
    const known = [...new Set(places.map((place) => place.device))].join(', ');
    return [
      `resources.device is ${device}, and no connected node has such a slot (there are: ${known}); phases wait until one joins`,
    ];
  }
  const memory = fitting.map((place) => place.memory_bytes);
  const most = Math.max(...memory);
  if (memory.includes(0) || most >= needed) return [];
  return [
    `a phase needs at least ${formatBytes(needed)} for weights and optimizer, and no connected slot has more than ${formatBytes(most)}; it waits until one joins`,
  ];
}

/** Of the phase that needs most; 0 when nothing is trained for real. */
function leastMemoryOf(spec: SweepSpec): number {
  const plan = planSweepFile(spec);
  const points = Math.min(plan.size / spec.seeds.length, MOST_POINTS);
  let most = 0;
  for (let cell = 0; cell < points; cell++) {
    for (const { config } of plan.cell(cell).trial.phases)
      if (config.kind !== 'simulate') most = Math.max(most, leastMemoryBytes(config) ?? 1);
  }
  return Math.max(most, most === 0 ? 0 : (spec.resources.memoryMb ?? 0) * 1e6);
}

function isUp(config: Config): boolean {
  try {
    endpoints(config);
    return true;
  } catch (error) {
    if (error instanceof LatentSweepError) return false;
    throw error;
  }
}
