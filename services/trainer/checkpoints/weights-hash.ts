// One hash for a set of weights, whatever file they lie in: equal hashes mean equal bits of every tensor.

import { createHash } from 'node:crypto';
import type { NamedTensors } from '../../tensor/runtime/index.ts';

/** SHA-256 (hex) over name, shape and little-endian fp32 data of every tensor, by name in code-unit order. */
export function weightsSha256(weights: NamedTensors): string {
  const hash = createHash('sha256');
  for (const name of [...weights.keys()].sort()) {
    const tensor = weights.get(name);
    if (tensor === undefined) continue;
    const { shape, data } = tensor;
    hash.update(`${JSON.stringify([name, shape])}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
