// Nodes that send what no phase can have recorded, over real gRPC to a real orchestrator on real Postgres: the attempt fails with words, the
// node is noted, and nobody else notices.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { completedEvent, type HostileNode, type Message, segmentEvent, startHostileNode } from './hostile-node.ts';
import { keyOf, type ScriptedSpec } from './scripted-sweep.ts';
import { openStoreBench, type StoreBench } from './store-bench.ts';
import { until } from './until.ts';

let fixture: StoreBench['fixture'];
let bench: StoreBench['bench'];
let close: StoreBench['close'];
const nodes: HostileNode[] = [];

before(async () => {
  ({ fixture, bench, close } = await openStoreBench());
  await bench.orchestrator();
});
after(async () => {
  await Promise.all(nodes.map((one) => one.close()));
  await close();
});

const series = (name: string, steps: bigint[] = [1n]): { name: string; steps: bigint[]; values: number[] } => ({
  ...{ name, steps },
  values: steps.map(() => 1),
});
const item = { item: 0, prediction: 'a', gold: 'a', correct: true, tokens: 1, seconds: 1 };
const checkpoint = { uri: 'checkpoints/x', sha256: 'a'.repeat(64), bytes: 1n, step: 5n };
const evaluation = { split: 'test', items: 10, correct: 9, accuracy: 0.9, chance: 0 };
const failed = (detailsJson: string, message = 'no'): Message => ({
  seq: 1n,
  event: { $case: 'failed', value: { code: '__proto__', failure: 'constructor', message, detailsJson } },
});

/** What a node sends for a phase of five steps, and the sentence that says why it is refused. */
const LIES: Readonly<Record<string, { readonly sent: readonly Message[]; readonly why: RegExp }>> = {
  'done without a step': { sent: [completedEvent(1n)], why: /done at step 0 of 5/ },
  'done too early': { sent: [segmentEvent(1n, { toStep: 4n, metrics: [] }), completedEvent(2n)], why: /step 4 of 5/ },
  'steps beyond the phase': { sent: [segmentEvent(1n, { toStep: 999_999n })], why: /ends at step 999999/ },
  'steps backwards': { sent: [segmentEvent(1n, { fromStep: 500n, toStep: 3n })], why: /begins after step 500/ },
  'a gap in the steps': { sent: [segmentEvent(1n, { fromStep: 2n, metrics: [] })], why: /begins after step 2/ },
  'steps no integer holds': { sent: [segmentEvent(1n, { toStep: 2n ** 32n })], why: /ends at step 4294967296/ },
  'a jump in the sequence': { sent: [segmentEvent(1_000n)], why: /event 1000 of the attempt after event 0/ },
  'a sequence that goes back': {
    sent: [segmentEvent(1n, { toStep: 3n, metrics: [] }), segmentEvent(1n, { fromStep: 3n, metrics: [] })],
    why: /event 1 of the attempt after event 1/,
  },
  'negative seconds': { sent: [segmentEvent(1n, { deviceSeconds: -1e9 })], why: /device_seconds is -1000000000/ },
  'seconds that are no number': {
    sent: [segmentEvent(1n, { deviceSeconds: Number.NaN })],
    why: /device_seconds is NaN/,
  },
  'more tokens than numbers': { sent: [segmentEvent(1n, { tokens: 2n ** 53n })], why: /tokens is 9007199254740992/ },
  'a negative utilisation': { sent: [segmentEvent(1n, { mfu: -1 })], why: /mfu is -1/ },
  'a null in a name': { sent: [segmentEvent(1n, { metrics: [series('a\0b')] })], why: /is no name/ },
  'a name that colours terminals': {
    sent: [segmentEvent(1n, { metrics: [series('\u001b[31mred')] })],
    why: /is no name/,
  },
  'names without end': {
    sent: [segmentEvent(1n, { metrics: Array.from({ length: 40_000 }, (_, i) => series(`m${i}`)) })],
    why: /40000 metric names/,
  },
  'a metric twice': { sent: [segmentEvent(1n, { metrics: [series('a'), series('a')] })], why: /a metric twice/ },
  'a value outside the segment': { sent: [segmentEvent(1n, { metrics: [series('a', [6n])] })], why: /has step 6/ },
  'values without steps': {
    sent: [segmentEvent(1n, { metrics: [{ name: 'a', steps: [1n, 2n], values: [1] }] })],
    why: /2 steps and 1 values/,
  },
  'an item no integer holds': { sent: [segmentEvent(1n, { items: [{ ...item, item: 2 ** 32 - 1 }] })], why: /item is/ },
  'an item of negative seconds': { sent: [segmentEvent(1n, { items: [{ ...item, seconds: -1 }] })], why: /seconds of/ },
  'a checkpoint outside the store': {
    sent: [segmentEvent(1n, { checkpoint: { ...checkpoint, uri: '../../etc/passwd' } })],
    why: /no path in the artifact store/,
  },
  'a checkpoint of another step': {
    sent: [segmentEvent(1n, { checkpoint: { ...checkpoint, step: 9n } })],
    why: /step 9/,
  },
  'an accuracy above one': {
    sent: [segmentEvent(1n), completedEvent(2n, { evaluation: { ...evaluation, accuracy: 17 } })],
    why: /accuracy/,
  },
  'an accuracy of other items': {
    sent: [segmentEvent(1n), completedEvent(2n, { evaluation: { ...evaluation, accuracy: 0.1 } })],
    why: /correct \/ items/,
  },
  'more correct than asked': {
    sent: [segmentEvent(1n), completedEvent(2n, { evaluation: { ...evaluation, correct: 99 } })],
    why: /correct \/ items/,
  },
  'a result that is no JSON': {
    sent: [segmentEvent(1n), { seq: 2n, event: { $case: 'completed', value: { resultJson: '{' } } }],
    why: /no JSON/,
  },
};

const once = (names: readonly string[], steps = 5): ScriptedSpec => ({
  retries: { code_error: { attempts: 1 } },
  trials: names.map((name) => [{ name, steps, stepMs: 5 }]),
});
type AttemptRow = { attempt: number; state: string; code: string; message: string; details: object };
const attemptsOf = (name: string): Promise<AttemptRow[]> =>
  fixture.rows(
    `select a.attempt, a.state, a.code, a.message, a.details from attempts a join phases using (phase_id)
     where phase_key = $1 order by 1`,
    [keyOf(name)],
  );

/** One that was closed is offered work until its lease ends. */
const onlyConnected = (...names: readonly string[]): Promise<void> =>
  until(`${names.join(', ')} and no other is connected`, async () => {
    const rows = await fixture.rows<{ node: string }>('select node from study.nodes where connected order by node');
    return rows.map((row) => row.node).join() === names.join();
  });

test('what no phase can have recorded fails its attempt with the reason, and its node is noted', {
  timeout: 600_000,
}, async () => {
  const liar = await startHostileNode('node-liar', bench.registryAddress, (name) => LIES[name]?.sent ?? []);
  nodes.push(liar);
  const names = Object.keys(LIES);
  await bench.start('lies', once(names));
  assert.deepEqual(await bench.result('lies'), { state: 'finished', finished: 0, failed: names.length });
  for (const name of names) {
    const rows = await attemptsOf(name);
    assert.deepEqual(
      rows.map(({ state, code }) => ({ state, code })),
      [{ state: 'failed', code: 'EVENT_REFUSED' }],
      name,
    );
    assert.match(rows[0]?.message ?? '', LIES[name]?.why ?? /never/, name);
  }
  await until('the node is asked to stop each', () => names.every((name) => liar.stopped.has(name)));
  const events = await fixture.rows("select 1 from node_events where event = 'event_refused'");
  assert.equal(events.length, names.length);
  assert.deepEqual(await fixture.rows("select 1 from metric_names where name ~ '^m[0-9]+$'"), [], 'no name was kept');
  await liar.close();
});

test('words without end are cut, and what is not flat is not kept', async () => {
  const talker = await startHostileNode('node-talker', bench.registryAddress, (name) => [
    name === 'talks' ? failed('{"a": "b"}', 'x'.repeat(1_000_000)) : failed('['.repeat(100_000)),
    failed(`{"a": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`),
  ]);
  nodes.push(talker);
  await onlyConnected('node-talker');
  await bench.start('talk', once(['talks', 'nests']));
  assert.deepEqual(await bench.result('talk'), { state: 'finished', finished: 0, failed: 2 });
  const [long] = await attemptsOf('talks');
  assert.equal(long?.code, 'INTERNAL');
  assert.ok(long.message.length < 5_000);
  assert.deepEqual(long.details, { a: 'b' });
  const [deep] = await attemptsOf('nests');
  assert.ok(JSON.stringify(deep?.details).length < 10_000);
  await talker.close();
});

test('a node that stops what nobody asked it to stop, and stays, is not asked for ever', async () => {
  const stopper = await startHostileNode('node-stopper', bench.registryAddress, () => [
    { seq: 1n, event: { $case: 'stopped', value: { step: 0n } } },
  ]);
  nodes.push(stopper);
  await onlyConnected('node-stopper');
  await bench.start('stops', {
    ...once(['stops']),
    retries: { worker_crash: { attempts: 3, backoffMs: 10 } },
  });
  assert.deepEqual(await bench.result('stops'), { state: 'finished', finished: 0, failed: 1 });
  const rows = await attemptsOf('stops');
  assert.deepEqual(
    rows.map(({ code }) => code),
    ['STOPPED_UNASKED', 'STOPPED_UNASKED', 'STOPPED_UNASKED'],
  );
  await stopper.close();
});

test('after all that an honest node records names that are new to everybody', async () => {
  await bench.worker('node-honest', 2);
  await onlyConnected('node-honest');
  await bench.start('honest', once(['honest-1', 'honest-2']));
  assert.deepEqual(await bench.result('honest'), { state: 'finished', finished: 2, failed: 0 });
  const [names] = await fixture.rows<{ most: number }>('select max(metric) as most from metric_names');
  assert.ok((names?.most ?? 0) < 10, 'refused names took no ids');
});

test('a node that floods its attempts with progress is read slowly and delays nobody', {
  timeout: 600_000,
}, async () => {
  let sent = 0;
  const flood = function* (_name: string, signal: AbortSignal): Generator<Message> {
    for (let i = 0; !signal.aborted; i++) {
      sent += 1;
      const value = { step: BigInt(i % 5), totalSteps: 5n, lossNats: 1, tokensPerSecond: 1 };
      yield { seq: 0n, event: { $case: 'progress', value } };
    }
  };
  const flooder = await startHostileNode('node-flooder', bench.registryAddress, flood);
  nodes.push(flooder);
  await onlyConnected('node-flooder', 'node-honest');
  const names = Array.from({ length: 12 }, (_, i) => `flooded-${i}`);
  await bench.start('flooded', once(names));
  await until('its slots are taken', () => flooder.calls.size === 4);
  await bench.start('beside', once(['beside-1', 'beside-2', 'beside-3']));
  assert.deepEqual(await bench.result('beside'), { state: 'finished', finished: 3, failed: 0 });
  const lost = await fixture.rows(
    "select 1 from node_events join nodes using (node_id) where event = 'lost' and name in ('node-honest', 'node-flooder')",
  );
  assert.deepEqual(lost, []);
  assert.ok(sent < 200_000, `${sent} events were taken from a flood`);
  await bench.commands.cancel('flooded');
  await flooder.close();
});
