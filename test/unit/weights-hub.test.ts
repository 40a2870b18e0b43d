import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  describeWeights,
  fetchWeights,
  loadHuggingFaceFolder,
  resolveLocalModel,
  resolveModel,
} from '../../services/trainer/weights/index.ts';
import { until } from '../integration/until.ts';
import { failsWith, GPT2, parametersOf, temporaryFolder, writeFolder, writeShards } from './weights-folder.ts';
import { COMMIT, type HubContent, type HubServer, startHub } from './weights-hub-server.ts';

const NAME = 'hf:someone/tiny-model@main';
const SMALL = { name: 'small', vocabularySize: 5 };
const WEIGHTS = 'model.safetensors';
const CONTENT = `GET /someone/tiny-model/resolve/${COMMIT}/${WEIGHTS}`;

function filesOf(folder: string): Map<string, Uint8Array> {
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

function singleFile(t: TestContext): HubContent {
  const folder = temporaryFolder(t);
  writeFolder(folder, GPT2, parametersOf(GPT2));
  writeFileSync(join(folder, 'README.md'), 'not needed');
  writeFileSync(join(folder, 'pytorch_model.bin'), 'not needed');
  return { files: filesOf(folder), large: [WEIGHTS, 'pytorch_model.bin'] };
}

interface Setting {
  readonly hub: HubServer;
  readonly content: HubContent;
  readonly cacheDir: string;
  readonly blobs: string;
  readonly options: {
    readonly hubUrl: string;
    readonly cacheDir: string;
    readonly attempts: number;
    readonly retryDelayMs: number;
  };
}

async function setting(t: TestContext, content = singleFile(t)): Promise<Setting> {
  const hub = await startHub(t, content);
  const cacheDir = temporaryFolder(t);
  const blobs = join(cacheDir, 'hub', 'models--someone--tiny-model', 'blobs');
  return { hub, content, cacheDir, blobs, options: { hubUrl: hub.url, cacheDir, attempts: 3, retryDelayMs: 1 } };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const weightsOf = ({ content }: Setting): Uint8Array => content.files.get(WEIGHTS)!;
const partials = ({ blobs }: Setting): string[] => readdirSync(blobs).filter((name) => name.endsWith('.partial'));

test('a hub name is fetched once, verified, and then served without the network', async (t) => {
  const s = await setting(t);
  const { config, readBase, folder } = await resolveModel({ weights: NAME }, SMALL, s.options);
  assert.deepEqual(config, GPT2);
  assert.equal(readBase?.().size, parametersOf(GPT2).size);
  assert.deepEqual(readdirSync(folder!).sort(), ['config.json', WEIGHTS]);
  assert.deepEqual(readdirSync(s.blobs).includes(sha256(weightsOf(s))), true);
  assert.deepEqual(partials(s), []);

  await s.hub.close();
  const again = await resolveModel({ weights: NAME }, SMALL, s.options);
  assert.equal(again.folder, folder);
  assert.equal(await fetchWeights(`hf:someone/tiny-model@${COMMIT}`, s.options), folder);
  assert.deepEqual(resolveLocalModel({ weights: NAME }, SMALL, s.options).config, GPT2);
});

test('a sharded model comes with its index and shards', async (t) => {
  const folder = temporaryFolder(t);
  const all = [...parametersOf(GPT2)];
  writeShards(
    folder,
    GPT2,
    new Map([
      ['model-00001-of-00002.safetensors', new Map(all.slice(0, 5))],
      ['model-00002-of-00002.safetensors', new Map(all.slice(5))],
    ]),
  );
  const files = filesOf(folder);
  const s = await setting(t, { files, large: [...files.keys()].filter((name) => name.endsWith('.safetensors')) });
  assert.equal(loadHuggingFaceFolder(await fetchWeights(NAME, s.options)).tensors.size, all.length);
});

test('a download that breaks off goes on where it stopped', async (t) => {
  const s = await setting(t);
  s.hub.faults.set(WEIGHTS, [
    { kind: 'cut', bytes: 100 },
    { kind: 'status', status: 503 },
    { kind: 'cut', bytes: 50 },
  ]);
  const folder = await fetchWeights(NAME, s.options);
  assert.deepEqual(new Uint8Array(readFileSync(join(folder, WEIGHTS))), new Uint8Array(weightsOf(s)));
  const end = weightsOf(s).byteLength - 1;
  assert.deepEqual(
    s.hub.requests.filter((request) => request.startsWith(CONTENT)),
    [CONTENT, `${CONTENT} bytes=100-${end}`, `${CONTENT} bytes=100-${end}`, `${CONTENT} bytes=150-${end}`],
  );
});

test('a download given up leaves what it has to the next one', async (t) => {
  const s = await setting(t);
  s.hub.faults.set(WEIGHTS, [{ kind: 'cut', bytes: 100 }]);
  await assert.rejects(
    fetchWeights(NAME, { ...s.options, attempts: 1 }),
    failsWith('DATA_MISSING', NAME, 'by hand', 'model.weights'),
  );
  assert.equal(partials(s).length, 1);
  assert.throws(() => resolveLocalModel({ weights: NAME }, SMALL, s.options), failsWith('DATA_MISSING', s.cacheDir));
  await fetchWeights(NAME, s.options);
  assert.equal(s.hub.requests.at(-1), `${CONTENT} bytes=100-${weightsOf(s).byteLength - 1}`);
  assert.deepEqual(partials(s), []);
});

test('what a killed process left is taken over; what a living one writes is waited for', async (t) => {
  const s = await setting(t);
  mkdirSync(s.blobs, { recursive: true });
  const hash = sha256(weightsOf(s));
  const host = `host-${hostname().replace(/[^A-Za-z0-9-]/g, '-')}`;
  const dead = join(s.blobs, `${hash}.${host}.${2 ** 22 + 7}.0000dead.partial`);
  writeFileSync(dead, weightsOf(s).subarray(0, 64));
  await fetchWeights(NAME, s.options);
  assert.equal(s.hub.requests.at(-1), `${CONTENT} bytes=64-${weightsOf(s).byteLength - 1}`);

  const other = await setting(t);
  mkdirSync(other.blobs, { recursive: true });
  const living = join(other.blobs, `${hash}.host-another.1.00000001.partial`);
  writeFileSync(living, weightsOf(other).subarray(0, 64));
  const waiting = fetchWeights(NAME, other.options);
  await until('the config is there, the weights are next', () => readdirSync(other.blobs).length >= 2);
  writeFileSync(living, weightsOf(other));
  renameSync(living, join(other.blobs, hash));
  loadHuggingFaceFolder(await waiting);
  assert.equal(
    other.hub.requests.some((request) => request.startsWith(CONTENT)),
    false,
  );
});

test('an unfinished file that another machine has not touched for long is taken over', async (t) => {
  const s = await setting(t);
  mkdirSync(s.blobs, { recursive: true });
  const left = join(s.blobs, `${sha256(weightsOf(s))}.host-another.1.00000001.partial`);
  writeFileSync(left, weightsOf(s).subarray(0, 64));
  const longAgo = new Date(Date.now() - 3_600_000);
  utimesSync(left, longAgo, longAgo);
  await fetchWeights(NAME, s.options);
  assert.equal(s.hub.requests.at(-1), `${CONTENT} bytes=64-${weightsOf(s).byteLength - 1}`);
});

test('an aborted download stops at once', async (t) => {
  const s = await setting(t);
  const abort = new AbortController();
  const fetching = fetchWeights(NAME, { ...s.options, signal: abort.signal, onProgress: () => abort.abort() });
  await assert.rejects(fetching, { name: 'AbortError' });
  assert.equal(
    s.hub.requests.some((request) => request.startsWith(CONTENT)),
    false,
  );
});

test('two that want the same model at once download it once', async (t) => {
  const s = await setting(t);
  const [one, two] = await Promise.all([fetchWeights(NAME, s.options), fetchWeights(NAME, s.options)]);
  assert.equal(one, two);
  assert.equal(s.hub.requests.filter((request) => request.startsWith(CONTENT)).length, 1);
  assert.deepEqual(partials(s), []);
});

test('content with a wrong hash is refused and not kept', async (t) => {
  const s = await setting(t);
  s.hub.faults.set(WEIGHTS, [{ kind: 'garbled' }]);
  await assert.rejects(
    fetchWeights(NAME, s.options),
    failsWith('WEIGHTS_INVALID', WEIGHTS, 'sha256', sha256(weightsOf(s))),
  );
  assert.equal(readdirSync(s.blobs).includes(sha256(weightsOf(s))), false);
  assert.throws(() => resolveLocalModel({ weights: NAME }, SMALL, s.options), failsWith('DATA_MISSING'));
  assert.equal(s.hub.faults.get(WEIGHTS)?.length, 0);
  loadHuggingFaceFolder(await fetchWeights(NAME, s.options));
});

test('a small file with a wrong hash is refused too', async (t) => {
  const s = await setting(t);
  s.hub.faults.set('config.json', [{ kind: 'garbled' }]);
  await assert.rejects(fetchWeights(NAME, s.options), failsWith('WEIGHTS_INVALID', 'config.json', 'git-sha1'));
});

test('an unfinished file that was damaged is downloaded from its start', async (t) => {
  const s = await setting(t);
  mkdirSync(s.blobs, { recursive: true });
  writeFileSync(join(s.blobs, `${sha256(weightsOf(s))}.left.00000001.partial`), 'x'.repeat(80));
  loadHuggingFaceFolder(await fetchWeights(NAME, s.options));
});

test('a server that ignores ranges is read from the start', async (t) => {
  const s = await setting(t);
  s.hub.faults.set(WEIGHTS, [{ kind: 'cut', bytes: 100 }, { kind: 'ignores-range' }]);
  loadHuggingFaceFolder(await fetchWeights(NAME, s.options));
});

test('a hub out of reach, a model it lacks and a name that is none each say what to do', async (t) => {
  const s = await setting(t);
  await assert.rejects(
    fetchWeights('hf:someone/other@main', s.options),
    failsWith('DATA_MISSING', 'hf:someone/other@main', 'has no such model or revision', 'by hand'),
  );
  for (const name of ['hf:', 'hf:model', 'hf:a/b/c', 'hf:a/b@', 'hf:../b', 'hf:a/b@x/../y', 'hf:a/b@..']) {
    await assert.rejects(fetchWeights(name, s.options), failsWith('CONFIG_INVALID', 'hf:owner/name@revision'));
  }
  await s.hub.close();
  await assert.rejects(
    fetchWeights(NAME, s.options),
    failsWith('DATA_MISSING', NAME, s.cacheDir, s.hub.url, 'cannot be reached (3 tries', 'ECONNREFUSED', 'by hand'),
  );
});

test('a model that cannot be trained here is refused before its weights come', async (t) => {
  const content = singleFile(t);
  const files = new Map(content.files).set('config.json', Buffer.from('{"model_type": "llama"}'));
  const s = await setting(t, { ...content, files });
  await assert.rejects(fetchWeights(NAME, s.options), failsWith('CONFIG_INVALID', NAME, 'llama'));
  assert.equal(
    s.hub.requests.some((request) => request.startsWith(CONTENT)),
    false,
  );

  files.delete(WEIGHTS);
  const none = await setting(t, { ...content, files });
  await assert.rejects(fetchWeights(NAME, none.options), failsWith('DATA_MISSING', NAME, 'neither model.safetensors'));
});

test('weights are described by content without being downloaded, the same at every place', async (t) => {
  const s = await setting(t);
  const remote = await describeWeights(NAME, s.options);
  assert.equal(remote.weights, `hf:someone/tiny-model@${COMMIT}`);
  assert.deepEqual(remote.shape, {
    family: 'gpt2',
    layers: 2,
    width: 4,
    heads: 2,
    kvHeads: 2,
    headWidth: 2,
    inner: 6,
    context: 5,
  });
  assert.equal(remote.vocabularySize, 7);
  assert.equal(
    s.hub.requests.some((request) => request.startsWith(CONTENT)),
    false,
  );

  const folder = await fetchWeights(NAME, s.options);
  assert.deepEqual(await describeWeights(NAME, s.options), remote);
  assert.deepEqual(await describeWeights(folder), { ...remote, weights: folder });
  const copy = temporaryFolder(t);
  for (const name of ['config.json', WEIGHTS]) writeFileSync(join(copy, name), s.content.files.get(name)!);
  assert.equal((await describeWeights(copy)).sha256, remote.sha256);
  await s.hub.close();
  assert.deepEqual(await describeWeights(NAME, { ...s.options, attempts: 1 }), remote);

  const changed = Buffer.from(readFileSync(join(copy, WEIGHTS)));
  changed.writeUInt8(changed.readUInt8(changed.length - 2) ^ 1, changed.length - 2);
  writeFileSync(join(copy, WEIGHTS), changed);
  assert.notEqual((await describeWeights(copy)).sha256, remote.sha256);
});
