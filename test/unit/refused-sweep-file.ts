// What is wrong with a sweep file, as a user reads it.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSweepFile } from '../../services/sweep-file/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

let written = 0;

/** @param folder where the file is written, beside those that it names @returns the message of its refusal; empty = it is read */
export function problemsOf(folder: string, sweep: object): string {
  const path = join(folder, `sweep-${written++}.yaml`);
  writeFileSync(path, JSON.stringify({ name: 'test', ...sweep }));
  try {
    readSweepFile(path);
  } catch (error) {
    assert.ok(error instanceof LatentSweepError, String(error));
    return error.message;
  }
  return '';
}
