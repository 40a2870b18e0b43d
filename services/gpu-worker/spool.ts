// The durable events of one attempt, on local disk until they are acknowledged. An event counts only once it is fsynced, so that whatever
// the orchestrator was told survives a SIGKILL of the worker. Files are named after the number of the event before their first; wholly
// acknowledged ones are deleted. Events not yet acknowledged are also in memory: their number is bounded by the attempt's lease.

import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { fileError, syncFolder } from '../artifacts/index.ts';
import { RunPhaseResponse } from '../gen/latentsweep/worker/v1/worker.ts';
import { type DurableEvent, MAX_MESSAGE_BYTES } from '../rpc/index.ts';
import { decodeRecords, encodeRecord } from './spool-record.ts';

/** Larger files are continued in a new one, so that acknowledged ones can go. */
const FILE_BYTES = 256 * 1024;
const SUFFIX = '.log';

/** How files are opened for appending; tests bring a disk that is full. */
export type OpenForAppend = (
  path: string,
) => Promise<Pick<FileHandle, 'appendFile' | 'datasync' | 'stat' | 'truncate' | 'close'>>;
const openForAppend: OpenForAppend = (path) => open(path, 'a');

interface SpoolFile {
  readonly path: string;
  /** Number of the event before the first of the file. */
  readonly base: bigint;
}

export class Spool {
  readonly folder: string;
  readonly #open: OpenForAppend;
  readonly #files: SpoolFile[];
  /** Not acknowledged, ascending without gaps. */
  readonly #events: RunPhaseResponse[];
  #handle: Awaited<ReturnType<OpenForAppend>> | null = null;
  #bytes = 0;
  #lastSeq: bigint;

  private constructor(folder: string, files: SpoolFile[], events: RunPhaseResponse[], open: OpenForAppend) {
    this.folder = folder;
    this.#files = files;
    this.#events = events;
    this.#open = open;
    this.#lastSeq = events.at(-1)?.seq ?? files.at(-1)?.base ?? 0n;
  }

  /** A new one; nothing is on disk before `make`. */
  static at(folder: string, open: OpenForAppend = openForAppend): Spool {
    return new Spool(folder, [], [], open);
  }

  async make(): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true });
    } catch (error) {
      throw fileError(error, `the spool ${this.folder} could not be made`);
    }
  }

  /** As a crash left it; a record that was cut off is removed. */
  static async recover(folder: string, open: OpenForAppend = openForAppend): Promise<Spool> {
    try {
      const names = (await readdir(folder)).filter((name) => name.endsWith(SUFFIX)).sort();
      const files: SpoolFile[] = [];
      const events: RunPhaseResponse[] = [];
      for (const name of names) {
        const base = BigInt(name.slice(0, -SUFFIX.length));
        const path = join(folder, name);
        const last = events.at(-1)?.seq ?? files.at(-1)?.base ?? base;
        if (base !== last) {
          // after damage: its events would leave a gap
          await rm(path);
          continue;
        }
        const bytes = await readFile(path);
        const decoded = decodeRecords(bytes, base);
        if (decoded.goodBytes < bytes.length) await truncate(path, decoded.goodBytes);
        files.push({ path, base });
        events.push(...decoded.events);
      }
      const spool = new Spool(folder, files, events, open);
      // a recovered file is never continued: the next event opens a new one
      spool.#bytes = FILE_BYTES;
      return spool;
    } catch (error) {
      throw fileError(error, `the spool ${folder} could not be read`);
    }
  }

  get lastSeq(): bigint {
    return this.#lastSeq;
  }

  /** Events that nobody has acknowledged. */
  get unacknowledged(): readonly RunPhaseResponse[] {
    return this.#events;
  }

  /** The first event after `seq`, or the first that is not acknowledged. */
  next(seq: bigint): RunPhaseResponse | undefined {
    const first = this.#events[0]?.seq;
    if (first === undefined) return undefined;
    return this.#events[seq < first ? 0 : Number(seq - first) + 1];
  }

  /** One call at a time. When it rejects (DISK_FULL, ARTIFACT_STORE) the earlier events are as they were. */
  async append(event: DurableEvent): Promise<bigint> {
    const message = RunPhaseResponse.create({ seq: this.#lastSeq + 1n, event });
    const record = encodeRecord(message);
    if (record.length > MAX_MESSAGE_BYTES) {
      throw new LatentSweepError(
        'INTERNAL',
        `a ${event.$case} event of ${record.length} bytes cannot be sent; at most ${MAX_MESSAGE_BYTES} bytes fit a message`,
        { bytes: record.length, maxBytes: MAX_MESSAGE_BYTES },
      );
    }
    try {
      const handle = await this.#handleForNext();
      try {
        await handle.appendFile(record);
        await handle.datasync();
      } catch (error) {
        await this.#cutTail(handle);
        throw error;
      }
    } catch (error) {
      throw fileError(error, `event ${message.seq} could not be written to the spool ${this.folder}`);
    }
    this.#bytes += record.length;
    this.#keep(message);
    return message.seq;
  }

  /** For the last word of an attempt whose disk takes nothing any more: gone with this process, which then reports it as lost. */
  appendInMemory(event: DurableEvent): bigint {
    const message = RunPhaseResponse.create({ seq: this.#lastSeq + 1n, event });
    this.#keep(message);
    return message.seq;
  }

  /** Everything up to `seq` may go. */
  async acknowledge(seq: bigint): Promise<void> {
    while ((this.#events[0]?.seq ?? seq + 1n) <= seq) this.#events.shift();
    for (let next = this.#files[1]; next !== undefined && next.base <= seq; next = this.#files[1]) {
      const gone = this.#files.shift();
      if (gone !== undefined) await rm(gone.path, { force: true });
    }
  }

  /** Nothing of it is needed any more. */
  async remove(): Promise<void> {
    this.#events.length = 0;
    await this.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }

  async #cutTail(handle: Awaited<ReturnType<OpenForAppend>>): Promise<void> {
    try {
      await handle.truncate(this.#bytes);
    } catch {
      // the next event goes to a new file; recovery cuts this one, whose last record is not whole
      this.#bytes = FILE_BYTES;
    }
  }

  #keep(message: RunPhaseResponse): void {
    this.#lastSeq = message.seq;
    this.#events.push(message);
  }

  async #handleForNext(): Promise<Awaited<ReturnType<OpenForAppend>>> {
    if (this.#handle !== null && this.#bytes < FILE_BYTES) return this.#handle;
    await this.close();
    const path = join(this.folder, `${this.#lastSeq.toString().padStart(12, '0')}${SUFFIX}`);
    const handle = await this.#open(path);
    this.#handle = handle;
    // left over from a crash before its first record was whole
    if ((await handle.stat()).size > 0) await handle.truncate(0);
    this.#bytes = 0;
    if (this.#files.at(-1)?.path !== path) this.#files.push({ path, base: this.#lastSeq });
    await syncFolder(this.folder);
    return handle;
  }
}
