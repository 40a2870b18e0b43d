// Which files the local stack's processes log to: all of its log folder, so that a start that failed can be read too.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';

/** A log in the state folder, under the name of the process that writes it. */
export interface LogFile {
  readonly process: string;
  readonly path: string;
}

const ENDING = '.log';

/** @param name one process; undefined = all. @throws LatentSweepError NOT_FOUND */
export function stackLogs(stateDir: string, name: string | undefined): readonly LogFile[] {
  const folder = join(stateDir, 'logs');
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith(ENDING))
        .sort()
        .map((file) => ({ process: file.slice(0, -ENDING.length), path: join(folder, file) }))
    : [];
  if (files.length === 0) {
    const sentence = `no stack was ever started in ${stateDir}, so there are no logs`;
    throw new LatentSweepError('NOT_FOUND', sentence, { stateDir });
  }
  if (name === undefined) return files;
  const chosen = files.filter(({ process }) => process === name);
  if (chosen.length > 0) return chosen;
  const names = files.map(({ process }) => process);
  throw new LatentSweepError(
    'NOT_FOUND',
    `no process of the stack is named ${name}; there are ${names.join(', ')}; nearest: ${closest(name, names)}`,
    { process: name },
  );
}
