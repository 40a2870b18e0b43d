// Tells whether a running stack was started with the configuration that is in force now.

import { createHash } from 'node:crypto';
import type { Config } from '../config/index.ts';

export function configHash(config: Config): string {
  return createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 16);
}
