import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  checkpointUri,
  type ListedFile,
  openArtifactStore,
  placeOfCheckpoint,
  type StoredArtifact,
} from '../../services/artifacts/index.ts';
import { LatentSweepError } from '../../workflows/domain/errors.ts';

const root = mkdtempSync(join(tmpdir(), 'artifact-store-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const fresh = (): string => join(root, String(folders++));
const isCode =
  (code: string, text = /./) =>
  (error: unknown): boolean =>
    error instanceof LatentSweepError && error.code === code && text.test(error.message);

function source(content: string | Buffer): { readonly path: string; readonly artifact: StoredArtifact } {
  const path = fresh();
  writeFileSync(path, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { path, artifact: { uri: checkpointUri('ab'.repeat(16), 100, sha256), sha256, bytes: content.length } };
}

test('a checkpoint comes back as it was put, and putting it again changes nothing', async () => {
  const folder = fresh();
  const store = await openArtifactStore(pathToFileURL(folder).href);
  const { path, artifact } = source(Buffer.alloc(3_000_000, 7));
  assert.equal(await store.has(artifact), false);
  await store.put(path, artifact);
  await store.put(path, artifact);
  assert.equal(await store.has(artifact), true);
  const target = join(fresh(), 'deep', 'copy');
  await store.fetch(artifact, target);
  assert.deepEqual(readFileSync(target), readFileSync(path));
  assert.deepEqual(readdirSync(join(folder, 'checkpoints', 'ab'.repeat(16))), [artifact.uri.split('/').at(-1)]);
  await store.remove(artifact.uri);
  await store.remove(artifact.uri);
  assert.equal(await store.has(artifact), false);
});

test('a file that is not what it says is refused and leaves nothing behind', async () => {
  const folder = fresh();
  const store = await openArtifactStore(folder);
  const { path, artifact } = source('the truth');
  writeFileSync(path, 'the lie!!');
  await assert.rejects(
    store.put(path, artifact),
    isCode('CHECKPOINT_DAMAGED', /9 bytes and SHA-256 \w+; recorded are 9 bytes/),
  );
  assert.equal(await store.has(artifact), false);
  assert.deepEqual(readdirSync(join(folder, 'checkpoints', 'ab'.repeat(16))), []);
});

test('damage in the store is noticed when fetching; the target does not appear', async () => {
  const folder = fresh();
  const store = await openArtifactStore(folder);
  const { path, artifact } = source('weights');
  await store.put(path, artifact);
  writeFileSync(join(folder, artifact.uri), 'weighty');
  const target = fresh();
  await assert.rejects(store.fetch(artifact, target), isCode('CHECKPOINT_DAMAGED'));
  writeFileSync(join(folder, artifact.uri), 'weig');
  await assert.rejects(store.fetch(artifact, target), isCode('CHECKPOINT_DAMAGED'));
  assert.throws(() => readFileSync(target), /ENOENT/);
});

test('a partly written file of a killed process is not taken for a checkpoint, and is put anew', async () => {
  const folder = fresh();
  const store = await openArtifactStore(folder);
  const { path, artifact } = source('whole content');
  mkdirSync(join(folder, 'checkpoints', 'ab'.repeat(16)), { recursive: true });
  writeFileSync(join(folder, artifact.uri), 'whole');
  assert.equal(await store.has(artifact), false);
  const leftover = join(folder, `${artifact.uri}.1.partial`);
  writeFileSync(leftover, 'who');
  utimesSync(leftover, new Date(0), new Date(0));
  await store.put(path, artifact);
  assert.equal(readFileSync(join(folder, artifact.uri), 'utf8'), 'whole content');
  assert.deepEqual(readdirSync(join(folder, 'checkpoints', 'ab'.repeat(16))), [artifact.uri.split('/').at(-1)]);
});

test('what is missing says its name and its store', async () => {
  const store = await openArtifactStore(fresh());
  const { artifact } = source('never put');
  await assert.rejects(
    store.fetch(artifact, fresh()),
    isCode('ARTIFACT_STORE', new RegExp(`${artifact.uri} is not in `)),
  );
});

test('names never leave the store', async () => {
  const store = await openArtifactStore(fresh());
  const { path, artifact } = source('x');
  for (const uri of ['../x', '/etc/passwd', 'a/../../x', '', '.', './x', 'a//b', 'a/', 'a\\b'])
    await assert.rejects(store.put(path, { ...artifact, uri }), isCode('ARTIFACT_STORE', /is not a name/), uri);
});

test('other kinds of stores are refused with what is allowed', async () => {
  for (const url of ['s3://bucket/x', 'https://x/y', 'file://host/x', ' ', ''])
    await assert.rejects(
      openArtifactStore(url, 'artifacts.url'),
      isCode('CONFIG_INVALID', /artifacts\.url is ".*"; allowed is a directory/),
      url,
    );
});

test('a root that cannot be a directory is ARTIFACT_STORE', async () => {
  const { path } = source('a file');
  await assert.rejects(openArtifactStore(join(path, 'below')), isCode('ARTIFACT_STORE'));
});

test('a folder for the memory that cannot be made is not blamed on the store', async () => {
  const { path } = source('a file');
  const link = fresh();
  symlinkSync(fresh(), link);
  for (const folder of [path, join(link, 'state')]) {
    const memory = join(folder, 'artifact-store.json');
    await assert.rejects(
      openArtifactStore(fresh(), 'artifacts.url', memory),
      isCode('ARTIFACT_STORE', /^ARTIFACT_STORE: \S*artifact-store\.json, which remembers .* cannot be used/),
    );
  }
});

test('a full disk is DISK_FULL', { skip: process.platform !== 'linux' }, async () => {
  const { path, artifact } = source('x');
  const { copyDurably, fileError } = await import('../../services/artifacts/index.ts');
  const full = fresh();
  symlinkSync('/dev/full', full);
  const error: unknown = await import('node:fs/promises')
    .then((fs) => fs.appendFile(full, 'x'))
    .catch((reason: unknown) => reason);
  assert.equal(fileError(error, 'x').code, 'DISK_FULL');
  await copyDurably(path, fresh(), artifact);
});

test('a spoilt file is healed where the disk has no room for two', async (t) => {
  const disk = fresh();
  mkdirSync(disk);
  // only root may mount, and not in every container
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status === 0;
  if (!isMounted) return t.skip('no file system of its own can be mounted');
  t.after(() => spawnSync('umount', [disk]));
  const store = await openArtifactStore(disk);
  const content = Buffer.alloc(700_000, 7);
  const { path, artifact } = source(content);
  await store.put(path, artifact);
  content[9] = 1;
  writeFileSync(join(disk, artifact.uri), content);
  await store.put(path, artifact);
  assert.equal(await store.has(artifact), true);
  const other = source(Buffer.alloc(700_000, 8));
  await assert.rejects(store.put(other.path, other.artifact), isCode('DISK_FULL'));
  assert.equal(await store.has(artifact), true);
});

test('a file that was spoilt without changing its size is healed by putting it again', async () => {
  const folder = fresh();
  const store = await openArtifactStore(folder);
  const { path, artifact } = source('weights');
  await store.put(path, artifact);
  for (const spoilt of ['weighty', 'weig']) {
    writeFileSync(join(folder, artifact.uri), spoilt);
    assert.equal(await store.has(artifact), false);
    await store.put(path, artifact);
    assert.equal(readFileSync(join(folder, artifact.uri), 'utf8'), 'weights');
  }
  rmSync(join(folder, artifact.uri));
  symlinkSync('/etc/hostname', join(folder, artifact.uri));
  const target = fresh();
  await assert.rejects(store.fetch(artifact, target), isCode('CHECKPOINT_DAMAGED'));
  await store.put(path, artifact);
  await store.fetch(artifact, target);
  assert.equal(readFileSync(target, 'utf8'), 'weights');
});

for (const [what, place] of [
  ['an empty folder', (path: string) => mkdirSync(path)],
  ['a folder with files', (path: string) => (mkdirSync(path), writeFileSync(join(path, 'x'), 'weights'))],
] as const) {
  test(`${what} under the name of a checkpoint is a damaged checkpoint, and gives way`, async () => {
    for (const isPutBefore of [false, true]) {
      const folder = fresh();
      const store = await openArtifactStore(folder);
      const { path, artifact } = source('weights');
      const target = join(folder, artifact.uri);
      if (isPutBefore) await store.put(path, artifact);
      else mkdirSync(dirname(target), { recursive: true });
      rmSync(target, { force: true });
      place(target);
      assert.equal(await store.has(artifact), false);
      await assert.rejects(store.fetch(artifact, fresh()), isCode('CHECKPOINT_DAMAGED'));
      await store.put(path, artifact);
      assert.equal(readFileSync(target, 'utf8'), 'weights');
      rmSync(target);
      place(target);
      await store.remove(artifact.uri);
      assert.throws(() => readFileSync(target), /ENOENT/);
    }
  });
}

test('a file where the folder of a phase belongs is a missing checkpoint, and gives way', async () => {
  const folder = fresh();
  const store = await openArtifactStore(folder);
  const { path, artifact } = source('weights');
  mkdirSync(join(folder, 'checkpoints'));
  writeFileSync(dirname(join(folder, artifact.uri)), 'no folder');
  assert.equal(await store.has(artifact), false);
  assert.equal((await details(store.fetch(artifact, fresh())))['fault'], 'missing');
  await store.put(path, artifact);
  assert.equal(await store.has(artifact), true);
});

test('a folder that is no place of a checkpoint is left alone', async () => {
  const folder = fresh();
  const store = await openArtifactStore(folder);
  const { path, artifact } = source('weights');
  await store.put(path, artifact);
  await assert.rejects(store.put(path, { ...artifact, uri: 'checkpoints' }), isCode('ARTIFACT_STORE'));
  await assert.rejects(store.remove('checkpoints'), isCode('ARTIFACT_STORE'));
  assert.equal(await store.has(artifact), true);
});

test('an old leftover that is a folder is removed like any other', async () => {
  const folder = fresh();
  const store = await openArtifactStore(folder);
  const { path, artifact } = source('weights');
  const leftover = join(folder, `${artifact.uri}.1.partial`);
  mkdirSync(leftover, { recursive: true });
  utimesSync(leftover, new Date(0), new Date(0));
  await store.put(path, artifact);
  assert.deepEqual(readdirSync(dirname(leftover)), [artifact.uri.split('/').at(-1)]);
});

const details = async (call: Promise<unknown>): Promise<Readonly<Record<string, unknown>>> => {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof LatentSweepError, String(error));
  return { code: error.code, ...error.details };
};

test('one file that is gone is missing; a store that is not mounted is away, and nothing is written in its place', async () => {
  const folder = fresh();
  const store = await openArtifactStore(folder);
  const { path, artifact } = source('weights');
  await store.put(path, artifact);
  const other = { ...artifact, uri: checkpointUri('cd'.repeat(16), 1, artifact.sha256) };
  assert.equal((await details(store.fetch(other, fresh())))['fault'], 'missing');

  const elsewhere = fresh();
  renameSync(folder, elsewhere);
  for (const below of [null, folder]) {
    if (below !== null) mkdirSync(below);
    for (const call of [
      () => store.fetch(artifact, fresh()),
      () => store.put(path, artifact),
      () => store.has(artifact),
      () => store.remove(artifact.uri),
    ]) {
      const { code, fault } = await details(call());
      assert.deepEqual([code, fault], ['ARTIFACT_STORE', undefined]);
    }
  }
  assert.deepEqual(readdirSync(folder), []);
  rmSync(folder, { recursive: true });
  renameSync(elsewhere, folder);
  await store.fetch(artifact, fresh());
});

test('a store whose folder was emptied is there, and its files are missing', async () => {
  const folder = fresh();
  const store = await openArtifactStore(folder);
  const { path, artifact } = source('weights');
  await store.put(path, artifact);
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  assert.equal((await details(store.fetch(artifact, fresh())))['fault'], 'missing');
  await store.put(path, artifact);
  await store.fetch(artifact, fresh());
});

test('a machine that knew the store does not make it anew below a mount point', async () => {
  const [folder, memory] = [fresh(), join(fresh(), 'memory.json')];
  const { path, artifact } = source('weights');
  await (await openArtifactStore(folder, 'artifacts.url', memory)).put(path, artifact);
  const elsewhere = fresh();
  renameSync(folder, elsewhere);
  mkdirSync(folder);
  const away = await openArtifactStore(folder, 'artifacts.url', memory);
  assert.equal((await details(away.put(path, artifact)))['code'], 'ARTIFACT_STORE');
  rmSync(folder, { recursive: true });
  renameSync(elsewhere, folder);
  assert.equal(await away.has(artifact), true);
});

test('the files of a store belong to one database', async () => {
  const folder = fresh();
  const [a, b] = [await openArtifactStore(folder), await openArtifactStore(folder)];
  assert.equal(await a.claim('first'), true);
  assert.equal(await b.claim('second'), false);
  assert.equal(await b.claim('first'), true);
});

test('every file is listed with its size and time, and the name of a checkpoint says whose it is', async () => {
  const store = await openArtifactStore(fresh());
  const { path, artifact } = source('weights');
  await store.put(path, artifact);
  let found: ListedFile | undefined;
  for await (const one of store.list()) if (one.uri === artifact.uri) found = one;
  assert.equal(found?.bytes, 7);
  assert.ok(found.modifiedAtMs > 0);
  assert.deepEqual(placeOfCheckpoint(artifact.uri), { phaseKey: 'ab'.repeat(16), step: 100 });
  for (const uri of ['.lsweep-store.json', 'checkpoints/x/1.safetensors', `${artifact.uri}.1.partial`])
    assert.equal(placeOfCheckpoint(uri), null);
});
