// A head that is stored beside the embedding it is tied to must be that embedding, value for value: the model has one tensor for both. Compared
// part by part, so that it costs two reads of the tensor and no memory; plans can afford it.

import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { OWN_HEAD } from '../../study/systems/index.ts';
import { withSafetensors } from '../../tensor/safetensors/index.ts';
import type { StoredTensor } from './weight-files.ts';

/** Elements compared at a time. */
const PART = 1 << 20;

/**
 * @param head of the embedding's shape
 * @throws LatentSweepError WEIGHTS_INVALID naming both tensors, and the first element that differs
 */
export function checkTiedHead(head: StoredTensor, embedding: StoredTensor): void {
  const { shape, name } = embedding.entry;
  const count = shape.reduce((product, length) => product * length, 1);
  const length = Math.min(PART, count);
  const [a, b] = [new Float32Array(length), new Float32Array(length)];
  withSafetensors(head.file, (headFile) =>
    withSafetensors(embedding.file, (embeddingFile) => {
      for (let from = 0; from < count; from += length) {
        const size = Math.min(length, count - from);
        const [ours, theirs] = [a.subarray(0, size), b.subarray(0, size)];
        headFile.readPart(head.entry, from, ours);
        embeddingFile.readPart(embedding.entry, from, theirs);
        // what is no number is told of where values are checked
        const at = ours.findIndex(
          (value, i) => value !== theirs[i] && !(Number.isNaN(value) && Number.isNaN(theirs[i])),
        );
        if (at === -1) continue;
        throw invalid(
          head,
          `is ${ours[at]} at element ${from + at}, where the token embedding ${name} is ${theirs[at]}: it is a head of its own, which config.json must say (tie_word_embeddings: false)`,
        );
      }
    }),
  );
}

function invalid({ file }: StoredTensor, why: string): LatentSweepError {
  return new LatentSweepError('WEIGHTS_INVALID', `${file}: tensor ${OWN_HEAD} ${why}`, { file, tensor: OWN_HEAD });
}
