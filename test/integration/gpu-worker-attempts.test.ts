import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { StopMode, type WorkerServiceClient } from '../../services/gen/latentsweep/worker/v1/worker.ts';
import type { Worker } from '../../services/gpu-worker/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import { Heard, phaseKey, request, WORKER_TEST_TIMES, WorkerBench } from './gpu-worker-bench.ts';
import { lossOf } from './scripted-loss.ts';
import { stateAfter } from './scripted-trainer-child.ts';
import { until } from './until.ts';

const bench = new WorkerBench();
let worker: Worker;
let client: WorkerServiceClient;
before(async () => {
  worker = await bench.worker({
    slots: [
      { device: 'cpu', threads: 1, memoryBytes: 0 },
      { device: 'cpu', threads: 1, memoryBytes: 0 },
    ],
  });
  client = bench.client(worker.address);
});
after(() => bench.close());

const isCode =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof LatentSweepError && error.code === code;

async function acknowledgeAll(heard: Heard, name: string, attempt = 1): Promise<void> {
  await client.acknowledge({ phaseKey: phaseKey(name), attempt, seq: heard.durable.at(-1)?.seq ?? 0n });
}

test('an attempt streams numbered segments with stored checkpoints, then its result; acknowledged it is forgotten', async () => {
  const heard = new Heard(client, request('plain', { steps: 5, stepMs: 5 }));
  await heard.ended;
  assert.equal(heard.error, null);
  assert.deepEqual(
    heard.durable.map(({ seq, event }) => [Number(seq), event?.$case]),
    [
      [1, 'segment'],
      [2, 'segment'],
      [3, 'segment'],
      [4, 'segment'],
      [5, 'segment'],
      [6, 'completed'],
    ],
  );
  assert.equal(heard.messages[0]?.event?.$case, 'started');
  for (const { event } of heard.durable) {
    if (event?.$case !== 'segment') continue;
    const step = Number(event.value.toStep);
    assert.deepEqual(event.value.metrics, [
      { name: 'loss_nats', steps: [BigInt(step)], values: [lossOf(phaseKey('plain'), step)] },
    ]);
    const { checkpoint } = event.value;
    assert.ok(checkpoint !== undefined && checkpoint.uri.startsWith(`checkpoints/${phaseKey('plain')}/${step}-`));
    assert.ok(await (await bench.artifacts()).has({ ...checkpoint, bytes: Number(checkpoint.bytes) }));
  }
  assert.equal(heard.last?.$case, 'completed');
  const result: unknown = JSON.parse(heard.last.$case === 'completed' ? heard.last.value.resultJson : '');
  assert.deepEqual(result, {
    weightsSha256: stateAfter(phaseKey('plain'), 5),
    capacityFloatsPerLatent: null,
    evaluation: null,
    analyses: [],
  });
  assert.equal(worker.reports().length, 1);
  await acknowledgeAll(heard, 'plain');
  assert.equal(worker.reports().length, 0);
  assert.deepEqual(readdirSync(join(bench.root, 'state', 'work')), []);
  await assert.rejects(async () => {
    for await (const { seq } of client.runPhase(request('plain', { steps: 5, stepMs: 5 })))
      assert.fail(`ran again: ${seq}`);
  }, isCode('NOT_FOUND'));
});

test('a reader that comes back hears everything that is not acknowledged, and two may read at once', async () => {
  const script = { steps: 12, stepMs: 25 };
  const first = new Heard(client, request('again', script));
  await until('three segments', () => first.step >= 3);
  await client.acknowledge({ phaseKey: phaseKey('again'), attempt: 1, seq: 2n });
  await first.leave();
  const second = new Heard(client, request('again', script));
  const third = new Heard(client, { phaseKey: phaseKey('again'), attempt: 1, slot: 0, afterSeq: 3n });
  await second.ended;
  await third.ended;
  assert.equal(second.durable[0]?.seq, 3n);
  assert.equal(second.messages[0]?.event?.$case, 'started');
  assert.equal(third.durable[0]?.seq, 4n);
  for (const heard of [second, third]) assert.equal(heard.last?.$case, 'completed');
  assert.deepEqual(
    second.durable.map(({ seq }) => Number(seq)),
    Array.from({ length: 11 }, (_, i) => i + 3),
  );
  const beyond = new Heard(client, { phaseKey: phaseKey('again'), attempt: 1, slot: 0, afterSeq: 99n });
  await beyond.ended;
  assert.ok(isCode('NOT_FOUND')(beyond.error), 'a reader that knows more than the spool is told so');
  await acknowledgeAll(second, 'again');
});

test('stopped with a checkpoint, a phase goes on from there as if nothing had been', async () => {
  const script = { steps: 20, stepMs: 20, checkpointEvery: 100 };
  const first = new Heard(client, request('halted', script));
  await until('it has begun', () => (worker.reports()[0]?.step ?? 0n) >= 4n);
  assert.deepEqual(await client.stopPhase({ phaseKey: phaseKey('halted'), attempt: 1, mode: StopMode.CHECKPOINT }), {
    wasRunning: true,
  });
  await first.ended;
  assert.equal(first.last?.$case, 'stopped');
  assert.ok(first.step >= 4 && first.step < 20);
  assert.deepEqual(await client.stopPhase({ phaseKey: phaseKey('halted'), attempt: 1, mode: StopMode.NOW }), {
    wasRunning: false,
  });
  const resume = first.checkpoint;
  assert.ok(resume !== undefined);
  const second = new Heard(client, request('halted', script, { attempt: 2, slot: 1, resume }));
  await second.ended;
  assert.equal(second.last?.$case, 'completed');
  assert.match(
    second.last.$case === 'completed' ? second.last.value.resultJson : '',
    new RegExp(stateAfter(phaseKey('halted'), 20)),
  );
  await acknowledgeAll(second, 'halted', 2);
});

test('stop now ends a trainer that does not listen', async () => {
  const heard = new Heard(client, request('deaf', { steps: 500, stepMs: 10, deaf: true }));
  await until('it has begun', () => heard.step >= 2);
  await client.stopPhase({ phaseKey: phaseKey('deaf'), attempt: 1, mode: StopMode.NOW });
  await heard.ended;
  assert.equal(heard.last?.$case, 'stopped');
  assert.equal(heard.last.$case === 'stopped' && Number(heard.last.value.step), heard.step);
  await acknowledgeAll(heard, 'deaf');
});

test('an older attempt is refused, a newer one stops the older first, whose readers hear FENCED', async () => {
  const script = { steps: 60, stepMs: 20 };
  const older = new Heard(client, request('fenced', script, { attempt: 3 }));
  await until('it has begun', () => older.step >= 2);
  await assert.rejects(async () => {
    for await (const { seq } of client.runPhase(request('fenced', script, { attempt: 2 })))
      assert.fail(`an older attempt ran: ${seq}`);
  }, isCode('FENCED'));
  await assert.rejects(
    client.stopPhase({ phaseKey: phaseKey('fenced'), attempt: 2, mode: StopMode.NOW }),
    isCode('FENCED'),
  );
  const newer = new Heard(client, request('fenced', { ...script, steps: 8 }, { attempt: 4 }));
  await older.ended;
  assert.ok(isCode('FENCED')(older.error));
  await newer.ended;
  assert.equal(newer.last?.$case, 'completed');
  assert.equal(newer.durable[0]?.seq, 1n);
  assert.deepEqual(
    worker.reports().map(({ attempt }) => attempt),
    [4],
  );
  await acknowledgeAll(newer, 'fenced', 4);
  assert.deepEqual(
    readdirSync(join(bench.root, 'state', 'spool')).filter((one) => one.startsWith(phaseKey('fenced'))),
    [],
  );
});

test('a slot runs one phase: another is told NO_SLOT and may come back', async () => {
  const busy = new Heard(client, request('busy', { steps: 30, stepMs: 20 }));
  await until('it has begun', () => busy.step >= 1);
  const refused = new Heard(client, request('other', { steps: 1, stepMs: 1 }));
  await refused.ended;
  assert.ok(isCode('NO_SLOT')(refused.error));
  const beside = new Heard(client, request('other', { steps: 1, stepMs: 1 }, { slot: 1 }));
  await beside.ended;
  assert.equal(beside.last?.$case, 'completed');
  await busy.ended;
  await acknowledgeAll(busy, 'busy');
  await acknowledgeAll(beside, 'other');
});

test('calls that cannot be right are refused with the reason', async () => {
  const refusals: [ReturnType<typeof request>, string][] = [
    [{ phaseKey: phaseKey('x'), attempt: 1 }, 'NOT_FOUND'],
    [request('x', { steps: 1, stepMs: 1 }, { slot: 9 }), 'NOT_FOUND'],
    [request('x', { steps: 1, stepMs: 1 }, { phaseKey: '../../etc' }), 'CONFIG_INVALID'],
    [request('x', { steps: 1, stepMs: 1 }, { configJson: '{' }), 'CONFIG_INVALID'],
    [request('x', { steps: 1, stepMs: 1 }, { configJson: '{"kind":"base"}' }), 'CONFIG_INVALID'],
  ];
  for (const [call, code] of refusals) {
    const heard = new Heard(client, call);
    await heard.ended;
    assert.ok(isCode(code)(heard.error), `${code}: ${String(heard.error)}`);
  }
  await assert.rejects(client.stopPhase({ phaseKey: phaseKey('x'), attempt: 1 }), isCode('CONFIG_INVALID'));
});

test('a trainer that stops though nobody asked it to fails its attempt', async () => {
  const heard = new Heard(client, request('stops', { steps: 9, stepMs: 5, fault: { kind: 'stop', step: 4 } }));
  await heard.ended;
  const { code, message } = heard.failure();
  assert.equal(code, 'INTERNAL');
  assert.match(message, /stopped after step 3, which nobody asked it to/);
  await acknowledgeAll(heard, 'stops');
});

test('a trainer that crashes fails its attempt as worker_crash with its last words, and the slot works again', async () => {
  const heard = new Heard(client, request('crash', { steps: 9, stepMs: 5, fault: { kind: 'crash', step: 4 } }));
  await heard.ended;
  assert.equal(heard.step, 3);
  const { code, message, details } = heard.failure();
  assert.equal(code, 'TRAINER_CRASHED');
  assert.match(message, /ended with exit code 3: the script says crash/);
  assert.match(String(details['output']), /the script says crash/);
  assert.equal(heard.last?.$case === 'failed' && heard.last.value.failure, 'worker_crash');
  await acknowledgeAll(heard, 'crash');
  const again = new Heard(
    client,
    request(
      'crash',
      { steps: 9, stepMs: 5, fault: { kind: 'crash', step: 4, attempts: 1 } },
      { attempt: 2, resume: heard.checkpoint },
    ),
  );
  await again.ended;
  assert.match(
    again.last?.$case === 'completed' ? again.last.value.resultJson : '',
    new RegExp(stateAfter(phaseKey('crash'), 9)),
  );
  await acknowledgeAll(again, 'crash', 2);
});

test('a trainer killed from outside fails its attempt as worker_crash and says so', async () => {
  const heard = new Heard(client, request('killed', { steps: 900, stepMs: 10 }));
  await until('it has begun', () => heard.step >= 2);
  process.kill(trainerPid(0), 'SIGKILL');
  await heard.ended;
  assert.equal(heard.failure().code, 'TRAINER_CRASHED');
  assert.match(heard.failure().message, /killed by SIGKILL/);
  await acknowledgeAll(heard, 'killed');
});

test('a trainer that makes no progress is ended as STALLED, even when its thread is blocked', async () => {
  const watchful = await bench.worker({
    stateDir: join(bench.root, 'watchful'),
    nodeId: 'node-watchful',
    times: { ...WORKER_TEST_TIMES, stallMs: 1_500 },
  });
  const theirs = bench.client(watchful.address);
  const heard = new Heard(theirs, request('stalled', { steps: 9, stepMs: 5, fault: { kind: 'hang', step: 4 } }));
  await heard.ended;
  assert.equal(heard.failure().code, 'STALLED');
  assert.match(heard.failure().message, /after step/);
  const seq = heard.durable.at(-1)?.seq ?? 0n;
  await theirs.acknowledge({ phaseKey: phaseKey('stalled'), attempt: 1, seq });
});

test("a trainer's own failure keeps its code, and what is no event ends it", async () => {
  const nan = new Heard(
    client,
    request('nan', { steps: 9, stepMs: 5, fault: { kind: 'fail', step: 4, code: 'NAN_LOSS' } }),
  );
  await nan.ended;
  assert.deepEqual(nan.failure(), { code: 'NAN_LOSS', message: 'NAN_LOSS: by script', details: { step: 4 } });
  await acknowledgeAll(nan, 'nan');
  const noise = new Heard(client, request('noise', { steps: 9, stepMs: 5, fault: { kind: 'noise', step: 4 } }));
  await noise.ended;
  assert.equal(noise.failure().code, 'TRAINER_CRASHED');
  await acknowledgeAll(noise, 'noise');
});

test('a checkpoint that is not what the trainer says fails the attempt before its segment is told', async () => {
  const heard = new Heard(client, request('damage', { steps: 9, stepMs: 5, fault: { kind: 'damage', step: 4 } }));
  await heard.ended;
  assert.equal(heard.step, 3);
  assert.equal(heard.failure().code, 'CHECKPOINT_DAMAGED');
  await acknowledgeAll(heard, 'damage');
});

test('a full disk fails the attempt as artifact_store, told from memory; the next attempt works', {
  skip: process.platform !== 'linux',
}, async () => {
  const folder = join(bench.root, 'state', 'spool', `${phaseKey('full')}-1`);
  mkdirSync(folder, { recursive: true });
  symlinkSync('/dev/full', join(folder, '000000000000.log'));
  const heard = new Heard(client, request('full', { steps: 9, stepMs: 5 }));
  await heard.ended;
  assert.equal(heard.failure().code, 'DISK_FULL');
  assert.equal(heard.last?.$case === 'failed' && heard.last.value.failure, 'artifact_store');
  const next = new Heard(client, request('full', { steps: 2, stepMs: 5 }, { attempt: 2 }));
  await next.ended;
  assert.equal(next.last?.$case, 'completed');
  await acknowledgeAll(next, 'full', 2);
});

test('a checkpoint that is gone from the store fails the attempt as artifact_store, naming it', async () => {
  const resume = { uri: 'checkpoints/gone/1-abc.safetensors', sha256: 'ab'.repeat(32), bytes: 5n, step: 1n };
  const heard = new Heard(client, request('gone', { steps: 9, stepMs: 5 }, { resume }));
  await heard.ended;
  assert.equal(heard.failure().code, 'ARTIFACT_STORE');
  assert.match(heard.failure().message, /checkpoints\/gone/);
  await acknowledgeAll(heard, 'gone');
});

test('the trainer stays warm between attempts', async () => {
  const pids: number[] = [];
  for (const name of ['warm-1', 'warm-2']) {
    const heard = new Heard(client, request(name, { steps: 2, stepMs: 1 }));
    await heard.ended;
    pids.push(trainerPid(0));
    await acknowledgeAll(heard, name);
  }
  assert.equal(pids[0], pids[1]);
});

test('describe tells slots and attempts', async () => {
  const { node, attempts } = await client.describeNode({});
  assert.equal(node?.nodeId, 'node-t');
  assert.equal(node.slots.length, 2);
  assert.equal(node.address, worker.address);
  assert.deepEqual(attempts, []);
});

test('a second worker in the same state folder is refused', async () => {
  await assert.rejects(bench.worker(), isCode('CONFLICT'));
});

function trainerPid(slot: number): number {
  return (JSON.parse(readText(join(bench.root, 'state', 'slots', `${slot}.json`))) as { pid: number }).pid;
}
function readText(path: string): string {
  return readFileSync(path, 'utf8');
}
