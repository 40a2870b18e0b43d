// The folder of a node: its stable name and instance, and the rule that one worker uses it at a time.

import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { fileError, isMissing, makeFolder } from '../artifacts/index.ts';
import { isAlive, markOf } from '../config/index.ts';

export interface StateFolder {
  readonly nodeId: string;
  /** Random and kept: shows registries that a restarted worker is the same node. Nobody else may know it. */
  readonly instanceId: string;
  readonly spool: string;
  readonly cache: string;
  readonly work: string;
  /** Marks of the trainers, to find orphans after a crash. */
  readonly slots: string;
  release(): void;
}

export const processMarkSchema = z.object({ pid: z.number().int().positive(), started: z.string() });
const nodeSchema = z.object({ nodeId: z.string().min(1), instanceId: z.string().min(1).optional() });

/** @throws LatentSweepError CONFLICT when a living worker uses the folder; ARTIFACT_STORE or DISK_FULL when it cannot be written */
export function openStateFolder(root: string, nodeId: string | null): StateFolder {
  const folder = (name: string): string => join(root, name);
  try {
    for (const name of ['spool', 'cache', 'work', 'slots']) makeFolder(folder(name), 0o700);
    const ownerFile = folder('owner.json');
    takeOwnership(root, ownerFile);
    return {
      ...keptNode(folder('node.json'), nodeId),
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

function keptNode(file: string, wanted: string | null): Pick<StateFolder, 'nodeId' | 'instanceId'> {
  const kept = readJson(file, nodeSchema);
  const nodeId = wanted ?? kept?.nodeId ?? `${hostname()}-${randomBytes(3).toString('hex')}`;
  const instanceId = kept?.instanceId ?? randomBytes(16).toString('hex');
  if (nodeId !== kept?.nodeId || instanceId !== kept.instanceId) writeJson(file, { nodeId, instanceId });
  return { nodeId, instanceId };
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
  writeFileSync(`${file}.new`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
