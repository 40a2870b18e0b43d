// Puts the CUDA provider beside a libonnxruntime.so.1, with a record of its version that the trainer reads at start.

import { copyFileSync, linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROVIDER_VERSION } from './fetch-cuda-provider.mjs';

/** Read by services/tensor/runtime/cuda-provider.ts. */
const RECORD = 'onnxruntime-cuda.json';

/**
 * @param {{ folder: string, files: readonly string[] }} provider
 * @param {string} target the folder of libonnxruntime.so.1
 */
export function placeCudaProvider({ folder, files }, target) {
  for (const name of files) place(join(folder, name), join(target, name));
  // last, so that an interrupted installation leaves none
  writeFileSync(join(target, RECORD), `${JSON.stringify({ version: PROVIDER_VERSION })}\n`);
}

/**
 * A hard link where the file system allows it, else a copy; complete before it has its name.
 *
 * @param {string} source
 * @param {string} target
 */
export function place(source, target) {
  const scratch = `${target}.${process.pid}.part`;
  rmSync(scratch, { force: true });
  try {
    linkSync(source, scratch);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].includes(String(code))) throw error;
    copyFileSync(source, scratch);
  }
  renameSync(scratch, target);
}
