// The PEM files that `temporal.tls` names, read for a client.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { Config } from '../config/index.ts';
import type { TemporalOptions } from '../orchestrator/index.ts';

/** @throws LatentSweepError CONFIG_INVALID naming the file that cannot be read */
export function temporalTlsOf(config: Config): TemporalOptions['tls'] {
  const files = config.temporal.tls;
  if (files === null) return undefined;
  const { ca, cert, key } = files;
  return {
    ...(ca === null ? {} : { ca: read(config.dir, 'ca', ca) }),
    ...(cert === null ? {} : { cert: read(config.dir, 'cert', cert) }),
    ...(key === null ? {} : { key: read(config.dir, 'key', key) }),
  };
}

function read(dir: string, name: string, file: string): Buffer {
  const path = resolve(dir, file);
  try {
    return readFileSync(path);
  } catch (error) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `temporal.tls.${name}: cannot read ${path}`,
      { key: `temporal.tls.${name}`, path },
      error,
    );
  }
}
