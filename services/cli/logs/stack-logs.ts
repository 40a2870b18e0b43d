// Which files the local stack's processes log to, as its record says.

import { closest } from 'fastest-levenshtein';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import { readStackRecord } from '../../config/index.ts';

export interface LogFile {
  readonly process: string;
  readonly path: string;
}

/** @param name one process; undefined = all. @throws LatentSweepError NOT_FOUND */
export function stackLogs(stateDir: string, name: string | undefined): readonly LogFile[] {
  const record = readStackRecord(stateDir);
  if (record === null) {
    throw new LatentSweepError('NOT_FOUND', `no stack was ever started in ${stateDir}, so there are no logs`, {
      stateDir,
    });
  }
  const files = record.services.map((service) => ({ process: service.name, path: service.log }));
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
