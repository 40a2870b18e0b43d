// SQL files of a folder that the schema is made of, with the hashes by which a database knows what it has had.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

/** One file, whole. */
export interface SqlFile {
  /** Within its folder, with `.sql`. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 (hex) of its content. */
  readonly sha256: string;
}

/** In the order of their names. @param pattern of the names that count */
export async function readSqlFiles(folder: URL, pattern: RegExp): Promise<readonly SqlFile[]> {
  const names = (await readdir(folder)).filter((name) => pattern.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, folder), 'utf8');
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}
