// The bytes of the spool: length, checksum, event. A record that was cut off by a crash is recognised and ends the file. Pure.

import { createHash } from 'node:crypto';
import { RunPhaseResponse } from '../gen/latentsweep/worker/v1/worker.ts';

const LENGTH_BYTES = 4;
const CHECK_BYTES = 8;
const HEADER_BYTES = LENGTH_BYTES + CHECK_BYTES;

export function encodeRecord(event: RunPhaseResponse): Buffer {
  const payload = RunPhaseResponse.encode(event).finish();
  const record = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  record.writeUInt32LE(payload.length, 0);
  record.set(payload, HEADER_BYTES);
  check(payload).copy(record, LENGTH_BYTES);
  return record;
}

export interface DecodedRecords {
  readonly events: readonly RunPhaseResponse[];
  /** Bytes of whole records; what follows was cut off. */
  readonly goodBytes: number;
}

/** @param afterSeq the first record has the next number; a record with another ends the good part */
export function decodeRecords(bytes: Buffer, afterSeq: bigint): DecodedRecords {
  const events: RunPhaseResponse[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const end = at + HEADER_BYTES + bytes.readUInt32LE(at);
    if (end > bytes.length) break;
    const payload = bytes.subarray(at + HEADER_BYTES, end);
    if (!check(payload).equals(bytes.subarray(at + LENGTH_BYTES, at + HEADER_BYTES))) break;
    const event = RunPhaseResponse.decode(payload);
    if (event.seq !== afterSeq + BigInt(events.length) + 1n) break;
    events.push(event);
    at = end;
  }
  return { events, goodBytes: at };
}

function check(payload: Uint8Array): Buffer {
  return createHash('sha256').update(payload).digest().subarray(0, CHECK_BYTES);
}
