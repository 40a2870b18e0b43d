import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import pino from 'pino';
import { openArtifactStore } from '../../services/artifacts/index.ts';
import { isAlive, markOf } from '../../services/config/index.ts';
import { CheckpointCache } from '../../services/gpu-worker/checkpoint-cache.ts';
import { endProcess } from '../../services/gpu-worker/end-process.ts';
import { OutputTail } from '../../services/gpu-worker/output-tail.ts';
import { SettledAttempts } from '../../services/gpu-worker/settled-attempts.ts';
import { openStateFolder } from '../../services/gpu-worker/state-folder.ts';
import { Silence } from '../../services/machine/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';
import type { StoredCheckpoint } from '../../workflows/domain/segment.ts';

const root = mkdtempSync(join(tmpdir(), 'worker-parts-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const fresh = (): string => {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  return folder;
};
const log = pino({ level: 'silent' });

test('silence adds up, ends with a word, and a suspended process counts as two ticks at most', () => {
  const silence = new Silence(100, 0);
  assert.equal(silence.tick(100), 100);
  assert.equal(silence.tick(210), 210);
  assert.equal(silence.tick(60_000), 410);
  silence.touch();
  assert.equal(silence.tick(60_100), 100);
});

test('a process that ends by itself is waited for, one that does not is killed, a reused pid is left alone', async () => {
  const obedient = spawn('sleep', ['0.2']);
  const stubborn = spawn(process.execPath, ['-e', 'process.on("SIGTERM",()=>0);setInterval(()=>0,1000)']);
  const marks = [obedient.pid, stubborn.pid].map((pid) => markOf(pid ?? -1));
  const [first, second] = marks;
  assert.ok(first && second);
  const obedientEnd = once(obedient, 'exit');
  await endProcess(first, 5_000);
  assert.deepEqual(await obedientEnd, [0, null]);
  await endProcess({ ...second, started: 'another' }, 0);
  assert.ok(isAlive(second));
  const stubbornEnd = once(stubborn, 'exit');
  await endProcess(second, 50);
  assert.deepEqual(await stubbornEnd, [null, 'SIGKILL']);
});

test('a node keeps its name, takes a given one, and shares its folder with no living worker', () => {
  const folder = fresh();
  const first = openStateFolder(folder, null);
  assert.match(first.nodeId, /-[0-9a-f]{6}$/);
  assert.throws(
    () => openStateFolder(folder, null),
    (error: unknown) =>
      error instanceof LatentSweepError && error.code === 'CONFLICT' && error.message.includes(String(process.pid)),
  );
  first.release();
  assert.equal(openStateFolder(folder, null).nodeId, first.nodeId);
  // of a worker that was killed
  writeFileSync(join(folder, 'owner.json'), JSON.stringify({ pid: process.pid, started: 'before this boot' }));
  assert.equal(openStateFolder(folder, 'named').nodeId, 'named');
  writeFileSync(join(folder, 'owner.json'), '{"pid":');
  assert.equal(openStateFolder(folder, null).nodeId, 'named');
});

test('a state folder that cannot be made says where', () => {
  const file = join(fresh(), 'file');
  writeFileSync(file, '');
  assert.throws(() => openStateFolder(join(file, 'state'), null), /ARTIFACT_STORE: the state folder .*file\/state/);
});

test('the tail of an output keeps the end', () => {
  const tail = new OutputTail();
  tail.push('a'.repeat(20_000));
  tail.push('\nlast words\n');
  assert.equal(tail.text.length, 8_191);
  assert.equal(tail.lastLine, 'last words');
  assert.equal(new OutputTail().lastLine, '');
});

function artifactOf(content: string, step: number): StoredCheckpoint {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return {
    uri: `checkpoints/p/${step}-${sha256.slice(0, 12)}.safetensors`,
    sha256,
    bytes: content.length,
    step,
  };
}

test('the cache fetches once, notices damage, keeps what is in use and forgets the oldest', async () => {
  const folder = fresh();
  const source = fresh();
  const store = await openArtifactStore(fresh());
  const contents = ['one', 'two', 'six'].map((text) => text.repeat(100));
  const artifacts = contents.map((content, i) => artifactOf(content, i));
  const [one, two, six] = artifacts;
  assert.ok(one && two && six);
  for (const [i, artifact] of artifacts.entries()) {
    writeFileSync(join(source, String(i)), contents[i] ?? '');
    await store.put(join(source, String(i)), artifact);
  }
  let fetches = 0;
  const counting = { ...store, fetch: (...call: Parameters<typeof store.fetch>) => (fetches++, store.fetch(...call)) };
  const cache = new CheckpointCache(folder, 650, counting, log);
  const [a, b] = await Promise.all([cache.take(one), cache.take(one)]);
  assert.equal(a.path, b.path);
  assert.equal(fetches, 1);
  assert.equal(readFileSync(a.path, 'utf8'), contents[0]);
  assert.deepEqual([a.step, a.bytes], [0, 300]);
  cache.release(one.sha256);
  cache.release(one.sha256);
  writeFileSync(a.path, 'eno'.repeat(100));
  await cache.take(one);
  assert.equal(fetches, 2);
  assert.equal(readFileSync(a.path, 'utf8'), contents[0]);
  cache.release(one.sha256);

  const taken = await cache.take(two);
  for (const [path, seconds] of [
    [a.path, 200],
    [taken.path, 100],
  ] as const)
    utimesSync(path, seconds, seconds);
  await cache.take(six);
  // over the bound: of the two that are not in use now only `one` is free, though `two` is older
  assert.deepEqual(readdirSync(folder).sort(), [two.sha256, six.sha256].map((sha) => `${sha}.safetensors`).sort());
  await assert.rejects(cache.take({ ...one, sha256: '../../x' }), /CHECKPOINT_DAMAGED/);
});

test('a folder where the cache has a file is damage like any other', async () => {
  const [folder, source] = [fresh(), join(fresh(), 'one')];
  const store = await openArtifactStore(fresh());
  const artifact = artifactOf('one', 1);
  writeFileSync(source, 'one');
  await store.put(source, artifact);
  const cache = new CheckpointCache(folder, 1_000, store, log);
  const path = join(folder, `${artifact.sha256}.safetensors`);
  mkdirSync(join(path, 'deep'), { recursive: true });
  mkdirSync(`${path}.1.partial`);
  await cache.tidy();
  await cache.take(artifact);
  assert.equal(readFileSync(path, 'utf8'), 'one');
  cache.release(artifact.sha256);
  assert.deepEqual(readdirSync(folder), [`${artifact.sha256}.safetensors`]);
});

test('a file of this disk is kept without a copy', async () => {
  const folder = fresh();
  const path = join(fresh(), 'a.safetensors');
  writeFileSync(path, 'mine');
  const artifact = artifactOf('mine', 3);
  const nothing = await openArtifactStore(fresh());
  const cache = new CheckpointCache(folder, 1_000, nothing, log);
  const file = { path, sha256: artifact.sha256, bytes: 4, step: 3 };
  await cache.keep(file);
  await cache.keep(file);
  rmSync(path);
  assert.equal(readFileSync((await cache.take(artifact)).path, 'utf8'), 'mine');
});

test('attempts that were told in full are remembered, the latest of so many phases', () => {
  const settled = new SettledAttempts(3);
  for (const phase of ['a', 'b', 'c', 'a', 'd']) settled.add(phase, 2);
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'e'].map((phase) => settled.newest(phase)),
    [2, 0, 2, 2, 0],
  );
});

test('a node keeps its instance through restarts and under another name, and shows it to nobody on the disk', () => {
  const folder = fresh();
  const first = openStateFolder(folder, 'node-x');
  assert.match(first.instanceId, /^[0-9a-f]{32}$/);
  first.release();
  const second = openStateFolder(folder, 'node-y');
  assert.equal(second.instanceId, first.instanceId);
  second.release();
  assert.equal(statSync(join(folder, 'node.json')).mode & 0o077, 0);
  const other = openStateFolder(fresh(), null);
  assert.notEqual(other.instanceId, first.instanceId);
  other.release();
});
