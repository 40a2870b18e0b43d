// The spools of all attempts below one folder, and what a former process of the worker left in it.

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { fileError } from '../artifacts/index.ts';
import { Attempt, type AttemptId } from './attempt.ts';
import { Spool } from './spool.ts';
import { readJson, writeJson } from './state-folder.ts';
import { failedEvent } from './trainer-events.ts';

const ABOUT = 'attempt.json';
const aboutSchema = z.object({ phaseKey: z.string(), attempt: z.number().int(), slot: z.number().int() });

export class SpoolFolder {
  readonly #folder: string;
  readonly #log: Logger;

  constructor(folder: string, log: Logger) {
    this.#folder = folder;
    this.#log = log;
  }

  /** An attempt whose events will be kept here; `make` before the first of them. */
  attempt(id: AttemptId, step: number): Attempt {
    return new Attempt(id, step, Spool.at(this.#pathOf(id)));
  }

  /** @throws LatentSweepError DISK_FULL, ARTIFACT_STORE */
  async make({ id, spool }: Attempt): Promise<void> {
    await spool.make();
    try {
      writeJson(join(spool.folder, ABOUT), id);
    } catch (error) {
      throw fileError(error, `the spool ${spool.folder} could not be made`);
    }
  }

  /**
   * Attempts with events that nobody has acknowledged, of phases the newest only. One that was running when the process was killed gets its
   * last event now: it is not the trial's fault, and goes on from its last commit.
   */
  async recover(): Promise<readonly Attempt[]> {
    const newest = new Map<string, Attempt>();
    for (const name of await readdir(this.#folder)) {
      const folder = join(this.#folder, name);
      const id = readJson(join(folder, ABOUT), aboutSchema);
      const rival = id === null ? undefined : newest.get(id.phaseKey);
      if (id === null || (rival !== undefined && rival.id.attempt > id.attempt)) {
        // cut off before its first event, or nobody will want it
        await rm(folder, { recursive: true, force: true });
        continue;
      }
      await rival?.removeSpool();
      newest.set(id.phaseKey, await this.#recoverOne(folder, id));
    }
    return [...newest.values()];
  }

  async #recoverOne(folder: string, id: AttemptId): Promise<Attempt> {
    const attempt = Attempt.recovered(id, await Spool.recover(folder));
    const { phaseKey, attempt: number, slot } = id;
    if (!attempt.isOver) {
      const lost = failedEvent(
        new LatentSweepError('NODE_LOST', `the gpu-worker was restarted while the attempt ran on slot ${slot}`, {
          slot,
        }),
      );
      await attempt.record(lost).catch((error: unknown) => {
        this.#log.warn({ error: String(error) }, 'the end of a cut-off attempt could not be spooled; told from memory');
        attempt.recordInMemory(lost);
      });
    }
    this.#log.info(
      { phase: phaseKey, attempt: number, slot, lastSeq: String(attempt.report().lastSeq) },
      'attempt found in the spool',
    );
    return attempt;
  }

  #pathOf({ phaseKey, attempt }: AttemptId): string {
    return join(this.#folder, `${phaseKey}-${attempt}`);
  }
}
