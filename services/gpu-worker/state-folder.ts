// The folder of a node: its stable name, and the rule that one worker uses it at a time.

import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { fileError, isMissing } from '../artifacts/index.ts';
import { isAlive, markOf } from '../config/index.ts';

export interface StateFolder {
  readonly nodeId: string;
  readonly spool: string;
  readonly cache: string;
  readonly work: string;
  /** Marks of the trainers, to find orphans after a crash. */
  readonly slots: string;
  release(): void;
}

export const processMarkSchema = z.object({ pid: z.number().int().positive(), started: z.string() });
const nodeSchema = z.object({ nodeId: z.string().min(1) });

/** @throws LatentSweepError CONFLICT when a living worker uses the folder; ARTIFACT_STORE or DISK_FULL when it cannot be written */
export function openStateFolder(root: string, nodeId: string | null): StateFolder {
  const folder = (name: string): string => join(root, name);
  try {
    for (const name of ['spool', 'cache', 'work', 'slots']) mkdirSync(folder(name), { recursive: true, mode: 0o700 });
    const ownerFile = folder('owner.json');
    takeOwnership(root, ownerFile);
    return {
      nodeId: keptNodeId(folder('node.json'), nodeId),
      spool: folder('spool'),
      cache: folder('cache'),
      work: folder('work'),
      slots: folder('slots'),
      release: () => rmSync(ownerFile, { force: true }),
    };
  } catch (error) {
    throw fileError(error, `the state folder ${root} of the node cannot be used`);
  }
}

function takeOwnership(root: string, file: string): void {
  const owner = readJson(file, processMarkSchema);
  if (owner !== null && isAlive(owner)) {
    throw new LatentSweepError(
      'CONFLICT',
      `${root} is used by the gpu-worker with pid ${owner.pid}; stop it, or give this one another state folder`,
      { stateDir: root, pid: owner.pid },
    );
  }
  writeJson(file, markOf(process.pid));
}

function keptNodeId(file: string, wanted: string | null): string {
  const kept = readJson(file, nodeSchema)?.nodeId;
  const nodeId = wanted ?? kept ?? `${hostname()}-${randomBytes(3).toString('hex')}`;
  if (nodeId !== kept) writeJson(file, { nodeId });
  return nodeId;
}

/** @returns null when the file is missing or was cut off by a crash */
export function readJson<T>(file: string, schema: z.ZodType<T>): T | null {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}

export function writeJson(file: string, value: unknown): void {
  writeFileSync(`${file}.new`, JSON.stringify(value));
  renameSync(`${file}.new`, file);
}
