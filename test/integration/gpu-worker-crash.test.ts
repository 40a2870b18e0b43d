import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isAlive, type ProcessMark } from '../../services/config/index.ts';
import { Heard, kill, phaseKey, request, WorkerBench } from './gpu-worker-bench.ts';
import { stateAfter } from './scripted-trainer-child.ts';
import { until } from './until.ts';

let bench: WorkerBench;
before(() => {
  bench = new WorkerBench();
});
after(() => bench.close());

const markOfSlot = (slot: number): ProcessMark =>
  JSON.parse(readFileSync(join(bench.root, 'state', 'slots', `${slot}.json`), 'utf8')) as ProcessMark;

test('after a SIGKILL of the worker its unacknowledged events are told, then that the node was lost; the phase goes on', async () => {
  const script = { steps: 40, stepMs: 20 };
  const first = await bench.child();
  const heard = new Heard(bench.client(first.address), request('cut', script));
  await until('some segments', () => heard.step >= 5);
  await bench.client(first.address).acknowledge({ phaseKey: phaseKey('cut'), attempt: 1, seq: 2n });
  const trainer = markOfSlot(0);
  await kill(first.child);
  await heard.ended;
  await until('the orphaned trainer ends by itself', () => !isAlive(trainer), 5_000);

  const second = await bench.child();
  const client = bench.client(second.address);
  const { attempts } = await client.describeNode({});
  assert.equal(attempts.length, 1);
  const [report] = attempts;
  assert.ok(report !== undefined && !report.running && report.slot === 0 && report.attempt === 1);
  assert.ok(Number(report.step) >= heard.step);
  // as an orchestrator that adopts: it knows key, attempt, slot, and what Postgres has
  const replay = new Heard(client, { phaseKey: phaseKey('cut'), attempt: 1, slot: 0, afterSeq: 2n });
  await replay.ended;
  assert.deepEqual(
    replay.durable.map(({ seq }) => Number(seq)),
    Array.from({ length: Number(report.lastSeq) - 2 }, (_, i) => i + 3),
  );
  assert.equal(replay.failure().code, 'NODE_LOST');
  for (const told of heard.durable.filter(({ seq }) => seq > 2n))
    assert.deepEqual(
      replay.durable.find(({ seq }) => seq === told.seq),
      told,
      'what was told once is told the same',
    );
  await client.acknowledge({ phaseKey: phaseKey('cut'), attempt: 1, seq: report.lastSeq });
  assert.deepEqual((await client.describeNode({})).attempts, []);

  const resumed = new Heard(client, request('cut', script, { attempt: 2, resume: replay.checkpoint }));
  await resumed.ended;
  assert.match(
    resumed.last?.$case === 'completed' ? resumed.last.value.resultJson : '',
    new RegExp(stateAfter(phaseKey('cut'), 40)),
  );
  await client.acknowledge({ phaseKey: phaseKey('cut'), attempt: 2, seq: resumed.durable.at(-1)?.seq ?? 0n });
  await kill(second.child);
});

test('an orphaned trainer that is blocked is killed before its slot is used again', async () => {
  const first = await bench.child();
  const heard = new Heard(
    bench.client(first.address),
    request('blocked', { steps: 9, stepMs: 5, fault: { kind: 'hang', step: 4 } }),
  );
  await until('it hangs', () =>
    heard.messages.some(({ event }) => event?.$case === 'progress' && event.value.step === 4n),
  );
  const trainer = markOfSlot(0);
  await kill(first.child);
  assert.ok(isAlive(trainer));
  const second = await bench.child();
  const other = new Heard(bench.client(second.address), request('after-blocked', { steps: 2, stepMs: 1 }));
  await until('the next phase has begun', () => other.messages.length > 0);
  assert.ok(!isAlive(trainer));
  await other.ended;
  assert.equal(other.last?.$case, 'completed');
  await kill(second.child);
});

test('a spool whose tail was cut off is told up to its last whole event', async () => {
  const first = await bench.child();
  const heard = new Heard(bench.client(first.address), request('torn', { steps: 500, stepMs: 5 }));
  await until('some segments', () => heard.step >= 5);
  await kill(first.child);
  await heard.ended;
  const folder = join(bench.root, 'state', 'spool', `${phaseKey('torn')}-1`);
  const file =
    readdirSync(folder)
      .filter((name) => name.endsWith('.log'))
      .sort()
      .at(-1) ?? '';
  appendFileSync(join(folder, file), Buffer.from([90, 0, 0, 0, 1, 2, 3]));
  const second = await bench.child();
  const replay = new Heard(bench.client(second.address), { phaseKey: phaseKey('torn'), attempt: 1, slot: 0 });
  await replay.ended;
  assert.equal(replay.failure().code, 'NODE_LOST');
  assert.deepEqual(
    replay.durable.map(({ seq }) => Number(seq)),
    Array.from({ length: replay.durable.length }, (_, i) => i + 1),
  );
  assert.ok(replay.step >= heard.step);
  // killed and started again, it says the same again
  await kill(second.child);
  const third = await bench.child();
  const again = new Heard(bench.client(third.address), { phaseKey: phaseKey('torn'), attempt: 1, slot: 0 });
  await again.ended;
  assert.deepEqual(again.durable, replay.durable);
  // a newer attempt takes the place of what nobody wanted to hear
  const newer = new Heard(bench.client(third.address), request('torn', { steps: 3, stepMs: 1 }, { attempt: 2 }));
  await newer.ended;
  assert.equal(newer.last?.$case, 'completed');
  assert.ok(!readdirSync(join(bench.root, 'state', 'spool')).includes(`${phaseKey('torn')}-1`));
  await kill(third.child);
});

test('a worker suspended for longer than the stall time does not take its trainer for stalled', async () => {
  const options = bench.options();
  const { child, address } = await bench.child({ times: { ...options.times, stallMs: 4_000 } });
  const heard = new Heard(bench.client(address), request('lid', { steps: 30, stepMs: 50 }));
  await until('it has begun', () => heard.step >= 2);
  const trainer = markOfSlot(0);
  child.kill('SIGSTOP');
  process.kill(trainer.pid, 'SIGSTOP');
  // what is tested is a pause beyond the stall time, which nothing but time can make; a busy machine must not make one by itself
  const began = performance.now();
  await until('the stall time has passed', () => performance.now() - began > 6_000);
  child.kill('SIGCONT');
  process.kill(trainer.pid, 'SIGCONT');
  await heard.ended;
  assert.equal(heard.last?.$case, 'completed');
  await kill(child);
});
