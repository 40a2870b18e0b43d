// Where a phase may and should run: pure choices over slots, made once for the fleet of a replica and for the whole fleet in Postgres.

import type { PhasePlacement } from '../../store/types.ts';
import { leastMemoryBytes } from '../../study/cost/index.ts';
import { anyPhaseConfigSchema } from '../../study/settings/index.ts';

/** What a slot offers. */
export interface SlotOffer {
  readonly device: string;
  /** 0 = not known. */
  readonly memoryBytes: number;
}

/** What a phase needs of a slot, and which nodes are better or worse for it. */
export interface SlotRequirements {
  readonly device: 'any' | 'cpu' | 'cuda' | 'simulate';
  /** Least memory of the slot; 0 = any. */
  readonly memoryBytes: number;
  /** Nodes that have files of it on local disk, the best first. */
  readonly prefer: readonly { readonly nodeId: string; readonly why: string }[];
  /** Nodes on which it failed; taken only where there is no other. */
  readonly avoid: readonly string[];
}

const MEGABYTE = 1e6;

/**
 * The sweep's `resources` and the memory that the phase is estimated to need at least, in bytes. Settings of an
 * unknown form need no memory.
 */
export function slotRequirements(placement: PhasePlacement): SlotRequirements {
  const { resources, checkpointNode, parentNode, failedOn } = placement;
  const json: unknown = JSON.parse(placement.configJson);
  const config = anyPhaseConfigSchema.safeParse(json);
  const isSimulated = config.success && config.data.kind === 'simulate';
  const estimated = config.success ? (leastMemoryBytes(config.data) ?? 0) : 0;
  return {
    device: isSimulated ? 'simulate' : resources.device,
    memoryBytes: Math.max((resources.memoryMb ?? 0) * MEGABYTE, estimated),
    prefer: [
      ...(checkpointNode === null ? [] : [{ nodeId: checkpointNode, why: 'it has the checkpoint' }]),
      ...(parentNode === null ? [] : [{ nodeId: parentNode, why: 'it has the weights to start from' }]),
    ].filter(({ nodeId }) => !failedOn.includes(nodeId)),
    avoid: failedOn,
  };
}

/** Whether the slot is of the right device and has the memory; a slot of unknown memory has. */
export function satisfies({ device, memoryBytes }: SlotRequirements, offer: SlotOffer): boolean {
  const isRightDevice = device === 'any' ? offer.device !== 'simulate' : offer.device === device;
  return isRightDevice && (offer.memoryBytes === 0 || offer.memoryBytes >= memoryBytes);
}

/** `a cuda slot with at least 12.0 GB` */
export function requirementsText({ device, memoryBytes }: SlotRequirements): string {
  const memory = memoryBytes === 0 ? '' : ` with at least ${(memoryBytes / 1e9).toPrecision(3)} GB`;
  return `a ${device === 'any' ? '' : `${device} `}slot${memory}`;
}

/** A node as the choice sees it. */
export interface Candidate {
  readonly nodeId: string;
  /** Fitting and free. */
  readonly freeSlots: number;
}

/**
 * @param candidates nodes with a fitting free slot
 * @param fitting all nodes with a fitting slot, free or not
 * @returns null when it should wait: only nodes on which it failed are free, and there are others
 */
export function chooseNode(
  requirements: SlotRequirements,
  candidates: readonly Candidate[],
  fitting: readonly string[],
): { readonly nodeId: string; readonly reason: string } | null {
  const trusted = candidates.filter(({ nodeId }) => !requirements.avoid.includes(nodeId));
  for (const { nodeId, why } of requirements.prefer) {
    if (trusted.some((one) => one.nodeId === nodeId)) return { nodeId, reason: `on ${nodeId}, because ${why}` };
  }
  const [first] = [...trusted].sort((a, b) => b.freeSlots - a.freeSlots);
  if (first !== undefined) {
    const { nodeId, freeSlots } = first;
    return { nodeId, reason: `on ${nodeId}${whyEmptiest(requirements, trusted.length, freeSlots)}` };
  }
  const isElsewhere = fitting.some((nodeId) => !requirements.avoid.includes(nodeId));
  const [last] = candidates;
  if (isElsewhere || last === undefined) return null;
  return { nodeId: last.nodeId, reason: `on ${last.nodeId} again, because no other node has a slot for it` };
}

function whyEmptiest({ prefer, avoid }: SlotRequirements, nodes: number, freeSlots: number): string {
  const missed =
    prefer.length === 0 ? '' : `; ${prefer.map((one) => one.nodeId).join(', ')}, which has its files, is busy`;
  const avoided = avoid.length === 0 ? '' : `; not on ${avoid.join(', ')}, where it failed`;
  const why = nodes === 1 ? ', the one with a free slot' : `, which has the most free slots (${freeSlots})`;
  return `${why}${missed}${avoided}`;
}
