import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { RunPhaseResponse } from '../../services/gen/latentsweep/worker/v1/worker.ts';
import { type OpenForAppend, Spool } from '../../services/gpu-worker/spool.ts';
import { decodeRecords, encodeRecord } from '../../services/gpu-worker/spool-record.ts';
import type { DurableEvent } from '../../services/rpc/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const root = mkdtempSync(join(tmpdir(), 'spool-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const fresh = (): string => join(root, String(folders++));
const segment = (step: number, name = 'loss_nats'): DurableEvent => ({
  $case: 'segment',
  value: {
    fromStep: BigInt(step - 1),
    toStep: BigInt(step),
    metrics: [{ name, steps: [BigInt(step)], values: [1 / step] }],
    items: [],
    checkpoint: undefined,
    deviceSeconds: 0,
    tokens: 1n,
  },
});
const seqs = (spool: Spool): number[] => spool.unacknowledged.map(({ seq }) => Number(seq));
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

async function filled(folder: string, count: number, name?: string): Promise<Spool> {
  const spool = Spool.at(folder);
  await spool.make();
  for (let step = 1; step <= count; step++) await spool.append(segment(step, name));
  return spool;
}

test('whatever is cut off at the end, the whole records before it are read, and only they', () => {
  const event = fc.record({ name: fc.string({ maxLength: 20 }), values: fc.array(fc.double(), { maxLength: 5 }) });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 6 }), fc.nat(), fc.nat({ max: 1_000 }), (events, cut, base) => {
      const messages = events.map(({ name, values }, i) => {
        const value = { ...(segment(1) as Extract<DurableEvent, { $case: 'segment' }>).value };
        value.metrics = [{ name, steps: values.map((_, s) => BigInt(s)), values }];
        return RunPhaseResponse.create({ seq: BigInt(base + i + 1), event: { $case: 'segment', value } });
      });
      const records = messages.map(encodeRecord);
      const all = Buffer.concat(records);
      const bytes = all.subarray(0, all.length === 0 ? 0 : cut % (all.length + 1));
      const { events: read, goodBytes } = decodeRecords(bytes, BigInt(base));
      let whole = 0;
      let total = 0;
      while (whole < records.length && total + (records[whole]?.length ?? 0) <= bytes.length)
        total += records[whole++]?.length ?? 0;
      assert.equal(goodBytes, total);
      assert.deepEqual(read, messages.slice(0, whole));
    }),
  );
});

test('a record with a flipped bit, or of another number, ends the good part', () => {
  const record = encodeRecord(RunPhaseResponse.create({ seq: 1n, event: segment(1) }));
  for (let i = 4; i < record.length; i++) {
    const bad = Buffer.from(record);
    bad[i] = (bad[i] ?? 0) ^ 1;
    assert.deepEqual(decodeRecords(bad, 0n), { events: [], goodBytes: 0 });
  }
  assert.deepEqual(decodeRecords(record, 5n), { events: [], goodBytes: 0 });
});

test('events are found again after a crash, from the first that is not acknowledged', async () => {
  const folder = fresh();
  const spool = await filled(folder, 5);
  assert.equal(spool.next(2n)?.seq, 3n);
  await spool.acknowledge(3n);
  assert.deepEqual(seqs(spool), [4, 5]);
  assert.equal(spool.next(0n)?.seq, 4n);
  assert.equal(spool.next(5n), undefined);
  await spool.close();
  const again = await Spool.recover(folder);
  assert.equal(again.lastSeq, 5n);
  assert.deepEqual(again.unacknowledged.at(-1), RunPhaseResponse.create({ seq: 5n, event: segment(5) }));
  assert.equal(await again.append(segment(6)), 6n);
  await again.close();
  assert.deepEqual(seqs(await Spool.recover(folder)), range(1, 6));
});

test('a tail that a crash cut off is removed, and its number is used again', async () => {
  const folder = fresh();
  await (await filled(folder, 3)).close();
  const file = join(folder, readdirSync(folder)[0] ?? '');
  truncateSync(file, statSync(file).size - 3);
  const recovered = await Spool.recover(folder);
  assert.deepEqual(seqs(recovered), [1, 2]);
  assert.equal(await recovered.append(segment(3)), 3n);
  await recovered.close();
  appendFileSync(join(folder, readdirSync(folder).sort().at(-1) ?? ''), 'rubbish');
  const again = await Spool.recover(folder);
  assert.deepEqual(seqs(again), [1, 2, 3]);
  assert.equal(again.lastSeq, 3n);
});

test('acknowledged files go, and numbering goes on after a restart even when all are gone', async () => {
  const folder = fresh();
  const spool = await filled(folder, 12, 'x'.repeat(100_000));
  const files = readdirSync(folder).length;
  assert.ok(files >= 4, `${files} files`);
  await spool.acknowledge(7n);
  assert.ok(readdirSync(folder).length < files);
  await spool.acknowledge(12n);
  assert.equal(readdirSync(folder).length, 1);
  await spool.close();
  const again = await Spool.recover(folder);
  assert.equal(again.lastSeq, 12n);
  assert.equal(await again.append(segment(13)), 13n);
  await again.close();
});

test('a file after a damaged one is not read: its events would leave a gap', async () => {
  const folder = fresh();
  await (await filled(folder, 9, 'x'.repeat(100_000))).close();
  const [first = ''] = readdirSync(folder).sort();
  const bytes = readFileSync(join(folder, first));
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  writeFileSync(join(folder, first), bytes);
  const recovered = await Spool.recover(folder);
  assert.deepEqual(seqs(recovered), []);
  assert.equal(recovered.lastSeq, 0n);
  await recovered.append(segment(1));
  await recovered.close();
  assert.deepEqual(seqs(await Spool.recover(folder)), [1]);
});

test('a full disk refuses the event as DISK_FULL and leaves the earlier ones whole, in the file too', async () => {
  const folder = fresh();
  let isFull = false;
  const almostFull: OpenForAppend = async (path) => {
    const handle = await open(path, 'a');
    return {
      appendFile: async (data) => {
        if (!isFull) return handle.appendFile(data);
        // as a disk that takes a part of it
        await handle.appendFile(Buffer.from(data as Uint8Array).subarray(0, 7));
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28 });
      },
      datasync: () => handle.datasync(),
      stat: handle.stat.bind(handle),
      truncate: (length) => handle.truncate(length),
      close: () => handle.close(),
    };
  };
  const spool = Spool.at(folder, almostFull);
  await spool.make();
  await spool.append(segment(1));
  await spool.append(segment(2));
  isFull = true;
  await assert.rejects(
    spool.append(segment(3)),
    (error: unknown) => error instanceof LatentSweepError && error.code === 'DISK_FULL',
  );
  assert.deepEqual(seqs(spool), [1, 2]);
  isFull = false;
  assert.equal(await spool.append(segment(3)), 3n);
  await spool.close();
  assert.deepEqual(seqs(await Spool.recover(folder)), [1, 2, 3]);
});

test('an event that no message can carry is refused before it is written', async () => {
  const spool = await filled(fresh(), 1);
  await assert.rejects(spool.append(segment(2, 'x'.repeat(17 * 1024 * 1024))), /INTERNAL.*cannot be sent/);
  assert.equal(await spool.append(segment(2)), 2n);
  await spool.close();
});

test('any mix of appends, acknowledgements and restarts keeps every event that is not acknowledged', async () => {
  const command = fc.oneof(
    { weight: 4, arbitrary: fc.constant('append' as const) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
    { weight: 2, arbitrary: fc.nat({ max: 10 }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
      const folder = fresh();
      let spool = await filled(folder, 0);
      let last = 0;
      let acknowledged = 0;
      for (const one of commands) {
        if (one === 'append') {
          last += 1;
          assert.equal(await spool.append(segment(last, 'y'.repeat(60_000))), BigInt(last));
        } else if (one === 'restart') {
          await spool.close();
          spool = await Spool.recover(folder);
        } else {
          acknowledged = Math.max(acknowledged, last - one);
          await spool.acknowledge(BigInt(acknowledged));
        }
        assert.equal(spool.lastSeq, BigInt(last));
        const kept = seqs(spool).filter((seq) => seq > acknowledged);
        assert.deepEqual(kept, range(acknowledged + 1, last));
      }
      await spool.remove();
      assert.throws(() => readdirSync(folder), /ENOENT/);
    }),
    { numRuns: 25 },
  );
});
