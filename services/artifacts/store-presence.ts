// Whether the folder of a store is the store at all. A mark in its root tells a file that is gone from a file system that is not mounted: without
// the mark nothing is missing, the store is away. Where the very same folder was emptied, the mark is made again. It never makes a folder
// that was there before: it would fill the disk below a mount point.

import { open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { fileError, isMissing } from './file-errors.ts';
import { makeFolder } from './make-folder.ts';

/** In the root of every store. */
const STORE_MARK = '.lsweep-store.json';

const markSchema = z.object({
  /** Id of the database whose rows name the files; null = of none yet. Only it may have files deleted. */
  owner: z.string().min(1).nullable().default(null),
});
const placeSchema = z.object({ root: z.string(), device: z.string(), inode: z.string() });
/** A folder as the file system knows it: another one is mounted under the same name when it differs. */
type FolderIdentity = z.infer<typeof placeSchema>;

export class StorePresence {
  readonly #root: string;
  /** File outside the store that remembers its place between starts; null = nowhere. */
  readonly #memory: string | null;
  #known: FolderIdentity | null;

  private constructor(root: string, memory: string | null, known: FolderIdentity | null) {
    this.#root = root;
    this.#memory = memory;
    this.#known = known;
  }

  /** Makes a store that this machine has not seen before. @throws LatentSweepError ARTIFACT_STORE, DISK_FULL */
  static async open(root: string, memory: string | null): Promise<StorePresence> {
    try {
      const known = memory === null ? null : await recall(memory);
      const presence = new StorePresence(root, memory, known?.root === root ? known : null);
      if (presence.#known === null) {
        makeFolder(root);
        await presence.#makeMark();
      }
      await presence.#isHere();
      return presence;
    } catch (error) {
      throw fileError(error, `the artifact store ${root} could not be made`);
    }
  }

  /** @throws LatentSweepError ARTIFACT_STORE while the store is away */
  async check(): Promise<void> {
    let isHere: boolean;
    try {
      isHere = await this.#isHere();
    } catch (error) {
      throw fileError(error, `the artifact store ${this.#root} does not answer`);
    }
    if (isHere) return;
    throw new LatentSweepError(
      'ARTIFACT_STORE',
      `the artifact store ${this.#root} is not there (it has no ${STORE_MARK}); mount it, or, if its files are lost for good, make the folder with an empty file of that name`,
      { store: this.#root },
    );
  }

  /** Makes `owner` the one whose rows name the files, unless another is. @returns whether it is */
  async claim(owner: string): Promise<boolean> {
    await this.check();
    const path = join(this.#root, STORE_MARK);
    try {
      const mark = await readJson(path, markSchema);
      if (mark?.owner === owner) return true;
      if (mark !== null && mark.owner !== null) return false;
      await writeWhole(path, JSON.stringify({ owner }));
      return true;
    } catch (error) {
      throw fileError(error, `the artifact store ${this.#root} could not be claimed`);
    }
  }

  async #isHere(): Promise<boolean> {
    const place = await placeOf(this.#root);
    if (place === null) return false;
    if (!(await exists(join(this.#root, STORE_MARK)))) {
      if (!isSame(place, this.#known)) return false;
      await this.#makeMark();
    }
    if (!isSame(place, this.#known)) {
      this.#known = place;
      if (this.#memory !== null) await remember(this.#memory, place);
    }
    return true;
  }

  async #makeMark(): Promise<void> {
    try {
      const file = await open(join(this.#root, STORE_MARK), 'wx');
      await file.writeFile('{}');
      await file.close();
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}

async function recall(memory: string): Promise<FolderIdentity | null> {
  try {
    return await readJson(memory, placeSchema);
  } catch (error) {
    throw memoryError(error, memory);
  }
}

async function remember(memory: string, place: FolderIdentity): Promise<void> {
  try {
    makeFolder(dirname(memory));
    await writeWhole(memory, JSON.stringify(place));
  } catch (error) {
    throw memoryError(error, memory);
  }
}

function memoryError(error: unknown, memory: string): LatentSweepError {
  return fileError(error, `${memory}, which remembers where the artifact store is, cannot be used`);
}

function isSame(a: FolderIdentity, b: FolderIdentity | null): boolean {
  return a.root === b?.root && a.device === b.device && a.inode === b.inode;
}

async function placeOf(root: string): Promise<FolderIdentity | null> {
  try {
    const { dev, ino } = await stat(root, { bigint: true });
    return { root, device: String(dev), inode: String(ino) };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** @returns null when it is missing, empty or cut off by a crash */
async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.new`;
  await writeFile(temporary, text, { flush: true });
  await rename(temporary, path);
}
