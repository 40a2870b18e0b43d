// Old checkpoints go, needed ones stay: a property over random histories of attempts, resumes, losses, ends, deletions and collections, with a
// store of files beside the database, and what the collection does to a file that is put again meanwhile.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import pino from 'pino';
import type { ArtifactStore, ListedFile } from '../../services/artifacts/index.ts';
import { CheckpointCollector, deleteSweep } from '../../services/orchestrator/index.ts';
import { openDatabases } from './postgres.ts';
import { keyOf } from './scripted-sweep.ts';
import { begin, openStoreFixture, type StoreFixture, segment } from './store-fixture.ts';

let databases: Awaited<ReturnType<typeof openDatabases>>;
let fixture: StoreFixture;
before(async () => {
  databases = await openDatabases();
  fixture = await openStoreFixture(databases);
});
after(async () => {
  await fixture.close();
  await databases.close();
});

const STEPS = 8;
/** Files by name; what is put again is there again. */
class Files {
  readonly present = new Set<string>();
  readonly removed: string[] = [];
  readonly store: Pick<ArtifactStore, 'description' | 'claim' | 'list' | 'remove'> = {
    description: 'files of the test',
    claim: () => Promise.resolve(true),
    remove: (uri) => {
      this.present.delete(uri);
      this.removed.push(uri);
      return Promise.resolve();
    },
    list: async function* (this: void): AsyncGenerator<ListedFile> {},
  };
  constructor() {
    const { present } = this;
    this.store = {
      ...this.store,
      list: async function* () {
        for (const uri of present) yield { uri, bytes: 1, modifiedAtMs: 0 };
      },
    };
  }
}

const uriOf = (name: string, step: number): string =>
  `checkpoints/${keyOf(name)}/${step}-${keyOf(`${name}/${step}`).slice(0, 12)}.safetensors`;

interface Writer {
  phaseId: number;
  attempt: number;
  step: number;
  seq: number;
}

/** Puts the file, then commits its segment, as a node does. @param commits false: killed in between */
async function advance(files: Files, name: string, writer: Writer, commits = true): Promise<void> {
  const to = writer.step + 1;
  files.present.add(uriOf(name, to));
  if (!commits) return;
  const { phaseId, attempt, step } = writer;
  writer.seq += 1;
  writer.step = to;
  const plain = segment({ phaseId, attempt, seq: writer.seq, from: step, to });
  const checkpoint = { uri: uriOf(name, to), sha256: keyOf(`${name}/${to}`).repeat(2), bytes: 1, step: to };
  await fixture.store.commitSegments([{ ...plain, checkpoint }]);
}

async function open(name: string): Promise<Writer> {
  const { phaseId, attempt, resume } = await begin(fixture.store, name);
  return { phaseId, attempt, step: resume?.step ?? 0, seq: 0 };
}

/** Rows of the phases that something may be started from, and that no file lies for. */
async function pointless(files: Files, names: readonly string[]): Promise<readonly string[]> {
  const rows = await fixture.rows<{ uri: string }>(
    `select uri from checkpoints join phases using (phase_id)
     where phase_key = any ($1) and not damaged and superseded_by is null`,
    [names.map(keyOf)],
  );
  return rows.map((row) => row.uri).filter((uri) => !files.present.has(uri));
}

type Action =
  | { readonly kind: 'advance'; readonly commits: boolean }
  | { readonly kind: 'end'; readonly how: 'crash' | 'lose' | 'stop' }
  | { readonly kind: 'finish' | 'collect' | 'orphans' | 'delete' };
const action: fc.Arbitrary<{ readonly phase: number; readonly act: Action }> = fc.record({
  phase: fc.integer({ min: 0, max: 2 }),
  act: fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('advance' as const), commits: fc.boolean() }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('end' as const),
        how: fc.constantFrom('crash' as const, 'lose' as const, 'stop' as const),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          'finish' as const,
          'collect' as const,
          'collect' as const,
          'orphans' as const,
          'delete' as const,
        ),
      }),
    },
  ),
});

test('whatever happens, a file that a row points to is there, and what nothing needs goes', async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 60 }), async (actions) => {
      runs += 1;
      let nowMs = 0;
      const { store } = fixture;
      const files = new Files();
      const names = [0, 1, 2].map((i) => `collect-${runs}-${i}`);
      const plan = (i: number): Promise<unknown> =>
        fixture.plan(`${names[i]}`, { trials: [[{ name: names[i] ?? '', steps: STEPS, stepMs: 1 }]] });
      const writers: (Writer | null)[] = [];
      for (let i = 0; i < 3; i++) {
        await plan(i);
        writers.push(await open(names[i] ?? ''));
      }
      const collector = new CheckpointCollector(
        { store, openArtifacts: () => Promise.resolve(files.store as ArtifactStore), orphanGraceMs: 0 },
        pino({ level: 'silent' }),
      );
      for (const { phase, act } of actions) {
        const name = names[phase] ?? '';
        const writer = writers[phase];
        switch (act.kind) {
          case 'advance':
            if (writer && writer.step < STEPS) await advance(files, name, writer, act.commits);
            break;
          case 'end': {
            if (!writer) break;
            const [resume] = await fixture.rows<{ uri: string; sha256: string; step: number }>(
              `select c.uri, c.sha256, c.step from attempts a join checkpoints c
                 on c.phase_id = a.phase_id and c.attempt = a.resume_attempt and c.step = a.resume_step
               where a.phase_id = $1 and a.attempt = $2`,
              [writer.phaseId, writer.attempt],
            );
            const details =
              act.how === 'lose' && resume ? { fault: 'missing', checkpoint: 'own', phase: null, ...resume } : {};
            if (act.how === 'stop') await store.stopAttempt(writer.phaseId, writer.attempt);
            else
              await store.failAttempt(writer.phaseId, writer.attempt, {
                code: 'ARTIFACT_STORE',
                failure: 'artifact_store',
                message: '',
                details,
              });
            writers[phase] = await open(name);
            break;
          }
          case 'finish':
            if (!writer) break;
            while (writer.step < STEPS) await advance(files, name, writer);
            assert.equal(await store.completePhase(writer.phaseId, writer.attempt, 99n, '{}'), 'committed');
            writers[phase] = null;
            break;
          case 'collect':
            await store.dropAllCheckpoints();
            await store.removeGarbage((uri) => files.store.remove(uri));
            break;
          case 'orphans':
            await collector.round((nowMs += 1e9));
            break;
          case 'delete': {
            if (writer) break;
            const closed = {
              describe: () => Promise.resolve({ kind: 'closed', how: 'completed', reason: null } as const),
            };
            const removeFile = (uri: string): Promise<void> => files.store.remove(uri);
            await deleteSweep({ client: closed, store, removeFile }, name, () => Promise.resolve(true));
            await plan(phase);
            writers[phase] = await open(name);
          }
        }
        assert.deepEqual(await pointless(files, names), [], `after ${act.kind}`);
      }
      for (const [i, writer] of writers.entries()) {
        if (!writer) continue;
        while (writer.step < STEPS) await advance(files, names[i] ?? '', writer);
        await store.completePhase(writer.phaseId, writer.attempt, 99n, '{}');
      }
      await new CheckpointCollector(
        { store, openArtifacts: () => Promise.resolve(files.store as ArtifactStore), orphanGraceMs: 0 },
        pino({ level: 'silent' }),
      ).round(0);
      assert.deepEqual([...files.present].sort(), names.map((name) => uriOf(name, STEPS)).sort());
    }),
    { numRuns: 25 },
  );
});

test('the newest two of a running phase stay, the last of a finished one, and damaged ones that say that weights are lost', async () => {
  const { store } = fixture;
  await fixture.plan('kept', { trials: [[{ name: 'kept', steps: STEPS, stepMs: 1 }]] });
  const files = new Files();
  const writer = await open('kept');
  for (let i = 0; i < 5; i++) await advance(files, 'kept', writer);
  assert.deepEqual(await store.dropCheckpoints([writer.phaseId]), []);
  await store.removeGarbage((uri) => files.store.remove(uri));
  assert.deepEqual(
    [...files.present],
    [4, 5].map((step) => uriOf('kept', step)),
  );
  while (writer.step < STEPS) await advance(files, 'kept', writer);
  await store.completePhase(writer.phaseId, writer.attempt, 99n, '{}');
  await store.dropCheckpoints([writer.phaseId]);
  await store.removeGarbage((uri) => files.store.remove(uri));
  assert.deepEqual([...files.present], [uriOf('kept', STEPS)]);
  await fixture.rows('update checkpoints set damaged = true where phase_id = $1', [writer.phaseId]);
  await store.dropAllCheckpoints();
  await store.reopenLost(keyOf('kept'));
  assert.equal((await begin(store, 'kept')).resume, null);
});

test('a file that an open attempt may be putting again is left alone until its step is in the record', async () => {
  const { store } = fixture;
  await fixture.plan('again', { trials: [[{ name: 'again', steps: STEPS, stepMs: 1 }]] });
  const files = new Files();
  const first = await open('again');
  for (let i = 0; i < 4; i++) await advance(files, 'again', first);
  await store.dropCheckpoints([first.phaseId]);
  // both that are left are lost, so that the next attempt comes by the dropped steps again
  await store.stopAttempt(first.phaseId, first.attempt);
  await fixture.rows('update checkpoints set damaged = true where phase_id = $1', [first.phaseId]);
  const second = await open('again');
  assert.equal(second.step, 0);
  await advance(files, 'again', second, false);
  await store.removeGarbage((uri) => files.store.remove(uri));
  assert.ok(files.present.has(uriOf('again', 1)));
  await advance(files, 'again', second);
  await store.removeGarbage((uri) => files.store.remove(uri));
  assert.ok(files.present.has(uriOf('again', 1)));
  assert.deepEqual(await pointless(files, ['again']), []);
});
