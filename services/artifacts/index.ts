// The border of the artifact store.

export {
  type ArtifactStore,
  checkpointUri,
  type ListedFile,
  placeOfCheckpoint,
  type StoredArtifact,
} from './artifact-store.ts';
export { copyDurably, removeLeftovers, syncFolder } from './copy-file.ts';
export { fileError, isMissing } from './file-errors.ts';
export { type FileHash, isWhole } from './file-hash.ts';
export { makeFolder } from './make-folder.ts';
export { openArtifactStore } from './open-store.ts';
