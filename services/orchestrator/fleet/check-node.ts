// What a registration may say of a node. It is written where every placement reads it, so that what cannot be a node is refused before.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { AttemptReport, Node } from '../../gen/latentsweep/worker/v1/worker.ts';

/** Slots, waiting places included; a rehearsal has a thousand. */
const MOST_SLOTS = 10_000;
/** Attempts that a node still has to tell of. */
const MOST_REPORTS = 2 * MOST_SLOTS;
/** One pebibyte. */
const MOST_BYTES = 2n ** 50n;
/** No spaces, nothing that a terminal obeys. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}_.:@/-]{0,199}$/u;
const TEXT = /^[\p{L}\p{N}_.:@/+[\]-]{0,300}$/u;

/** @throws LatentSweepError CONFIG_INVALID naming the field, its value and what is allowed */
export function checkNode(node: Node, reports: readonly AttemptReport[]): void {
  const { nodeId, address, incarnation, instanceId, engineVersion, slots, memoryBytes } = node;
  if (!NAME.test(nodeId)) {
    throw invalid('node_id', nodeId, '1 to 200 letters, digits and _ . : @ / -, beginning with a letter or digit');
  }
  const texts = { address, incarnation, instance_id: instanceId, engine_version: engineVersion };
  for (const [key, text] of Object.entries(texts)) {
    if (!TEXT.test(text)) throw invalid(key, text, 'at most 300 letters, digits and _ . : @ / + [ ] -');
  }
  if (slots.length > MOST_SLOTS) throw invalid('slots', slots.length, `at most ${MOST_SLOTS}`);
  if (reports.length > MOST_REPORTS) throw invalid('attempts', reports.length, `at most ${MOST_REPORTS}`);
  if (new Set(slots.map((slot) => slot.index)).size < slots.length) throw invalid('slots', 'twice', 'one index a slot');
  for (const slot of slots) {
    if (slot.index >= MOST_SLOTS) throw invalid('slot.index', slot.index, `0 to ${MOST_SLOTS - 1}`);
    if (!TEXT.test(slot.device)) throw invalid('slot.device', slot.device, 'cpu, cuda, simulate');
  }
  for (const bytes of [memoryBytes, ...slots.map((slot) => slot.memoryBytes)]) {
    if (bytes > MOST_BYTES) throw invalid('memory_bytes', String(bytes), `at most ${MOST_BYTES}`);
  }
}

function invalid(key: string, value: string | number, allowed: string): LatentSweepError {
  const shown = JSON.stringify(value).slice(0, 100);
  return new LatentSweepError('CONFIG_INVALID', `a registration with ${key} ${shown}; allowed: ${allowed}`, { key });
}
