// Checkpoints that are missing or damaged: exactly the one that was blamed is marked, the next attempt starts from another, and a finished phase
// whose weights are lost runs again before anything starts from it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FailureReport } from '../../services/store/types.ts';
import { openDatabases } from './postgres.ts';
import { keyOf, type ScriptedSpec } from './scripted-sweep.ts';
import { begin, openStoreFixture, owner, placeOn, type StoreFixture, segment } from './store-fixture.ts';

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

const trial = (...names: readonly string[]): ScriptedSpec => ({
  trials: [names.map((name) => ({ name, steps: 4, stepMs: 1 }))],
});

interface Blamed {
  readonly uri: string;
  readonly sha256: string;
  readonly step: number;
}

const blame = (
  checkpoint: 'own' | 'parent',
  fault: 'missing' | 'damaged',
  { uri, sha256, step }: Blamed,
): FailureReport => ({
  code: fault === 'missing' ? 'ARTIFACT_STORE' : 'CHECKPOINT_DAMAGED',
  failure: 'artifact_store',
  message: 'it cannot be used',
  details: { fault, checkpoint, phase: null, step, uri, sha256 },
});

/** Steps whose checkpoint is marked. */
async function marked(name: string): Promise<readonly number[]> {
  const rows = await fixture.rows<{ step: number }>(
    'select step from checkpoints join phases using (phase_id) where phase_key = $1 and damaged order by step',
    [keyOf(name)],
  );
  return rows.map((row) => row.step);
}

/** Opens an attempt that records steps up to 4, with a checkpoint at each of `at`. */
async function run(
  name: string,
  at: readonly number[],
): Promise<{ readonly phaseId: number; readonly attempt: number }> {
  const { phaseId, attempt, resume } = await begin(fixture.store, name);
  const first = resume?.step ?? 0;
  await fixture.store.commitSegments(
    Array.from({ length: 4 - first }, (_, i) =>
      segment({
        phaseId,
        attempt,
        seq: i + 1,
        from: first + i,
        to: first + i + 1,
        checkpoint: at.includes(first + i + 1),
      }),
    ),
  );
  return { phaseId, attempt };
}

async function finish(name: string, at: readonly number[] = [2, 4], weights = 'a0'): Promise<void> {
  const { phaseId, attempt } = await run(name, at);
  const result = { weightsSha256: weights, capacityFloatsPerLatent: null, evaluation: null, analyses: [] };
  assert.equal(await fixture.store.completePhase(phaseId, attempt, 99n, JSON.stringify(result)), 'committed');
}

for (const fault of ['missing', 'damaged'] as const) {
  test(`a ${fault} checkpoint of the phase itself is marked and costs its budget nothing; the one before it serves`, async () => {
    const { store } = fixture;
    await fixture.plan(`own-${fault}`, trial(`own-${fault}`));
    const { phaseId, attempt } = await run(`own-${fault}`, [1, 2, 3]);
    await store.failAttempt(phaseId, attempt, {
      code: 'TRAINER_CRASHED',
      failure: 'worker_crash',
      message: '',
      details: {},
    });
    for (const step of [3, 2, 1]) {
      const again = await begin(store, `own-${fault}`);
      assert.equal(again.resume?.step, step);
      await store.failAttempt(phaseId, again.attempt, blame('own', fault, again.resume));
    }
    const last = await begin(store, `own-${fault}`);
    assert.equal(last.resume, null);
    assert.deepEqual(await marked(`own-${fault}`), [1, 2, 3]);
    assert.deepEqual((await store.failureRecord(phaseId)).counts, { worker_crash: 1 });
  });

  test(`a ${fault} checkpoint of the parent is marked, not the good one of the phase; the parent runs again first`, async () => {
    const { store } = fixture;
    const [base, child] = [`base-${fault}`, `child-${fault}`];
    await fixture.plan(`parent-${fault}`, trial(base, child));
    await finish(base);
    const first = await run(child, [2]);
    await store.stopAttempt(first.phaseId, first.attempt);
    const second = await begin(store, child);
    assert.deepEqual([second.resume?.step, second.parent?.step], [2, 4]);
    assert.ok(second.parent !== null);
    await store.failAttempt(first.phaseId, second.attempt, blame('parent', fault, second.parent));
    assert.deepEqual([await marked(base), await marked(child)], [[4], []]);
    assert.deepEqual((await store.failureRecord(first.phaseId)).counts, {});

    // older weights of the parent are no weights to start from
    const claim = await store.claimPhase(keyOf(child), owner('test'));
    assert.ok(claim.kind === 'run');
    await assert.rejects(store.openAttempt(keyOf(child), claim.fence, placeOn('node-a'), ''), /FENCED.*parent/);
    assert.deepEqual((await store.placementOf(keyOf(child))).parent, {
      key: keyOf(base),
      state: 'finished',
      isLost: true,
    });
    await Promise.all([store.reopenLost(keyOf(base)), store.reopenLost(keyOf(base))]);
    assert.equal((await store.placementOf(keyOf(child))).parent?.state, 'planned');
    await assert.rejects(store.openAttempt(keyOf(child), claim.fence, placeOn('node-a'), ''), /FENCED.*parent/);

    await finish(base);
    const attempts = await fixture.rows(
      'select attempt, resume_step from study.attempts where phase_key = $1 order by 1',
      [keyOf(base)],
    );
    assert.deepEqual(attempts, [
      { attempt: 1, resume_step: 0 },
      { attempt: 2, resume_step: 2 },
    ]);
    const third = await begin(store, child);
    assert.deepEqual([third.resume?.step, third.parent?.step], [2, 4]);
    const rows = await fixture.rows(
      `select n.name, array_agg(m.step order by m.step) as steps from metrics m join metric_names n using (metric)
       join phases using (phase_id) where phase_key = $1 group by 1 order by 1`,
      [keyOf(base)],
    );
    assert.deepEqual(rows, [
      { name: 'gradient_norm', steps: [1, 2, 3, 4] },
      { name: 'loss_nats', steps: [1, 2, 3, 4] },
    ]);
    const decided = await fixture.rows(
      "select decision from study.decisions where phase_key = $1 and decision <> 'placed'",
      [keyOf(base)],
    );
    assert.deepEqual(decided, [{ decision: 'reopened' }]);
  });
}

test('a report of an earlier version, which names the hash alone, marks the checkpoint that has it', async () => {
  const { store } = fixture;
  await fixture.plan('older', trial('older-base', 'older-child'));
  await finish('older-base');
  const first = await run('older-child', [2]);
  await store.stopAttempt(first.phaseId, first.attempt);
  const { attempt, parent } = await begin(store, 'older-child');
  await store.failAttempt(first.phaseId, attempt, {
    ...{ code: 'CHECKPOINT_DAMAGED', failure: 'artifact_store', message: 'has another hash' },
    details: { path: 'x', expectedSha256: parent?.sha256, actualSha256: '0' },
  });
  assert.deepEqual([await marked('older-base'), await marked('older-child')], [[4], []]);
});

test('a store that is away marks nothing and counts, and a checkpoint that the attempt was not given is not marked', async () => {
  const { store } = fixture;
  await fixture.plan('away', trial('away'));
  const { phaseId, attempt } = await run('away', [1, 2]);
  await store.stopAttempt(phaseId, attempt);
  const second = await begin(store, 'away');
  assert.ok(second.resume !== null);
  await store.failAttempt(phaseId, second.attempt, {
    ...{ code: 'ARTIFACT_STORE', failure: 'artifact_store', message: 'not mounted', details: { store: '/x' } },
  });
  const third = await begin(store, 'away');
  const { uri, sha256 } = third.resume ?? { uri: '', sha256: '' };
  await store.failAttempt(phaseId, third.attempt, blame('own', 'damaged', { uri: `${uri}x`, sha256, step: 1 }));
  assert.deepEqual(await marked('away'), []);
  assert.deepEqual((await store.failureRecord(phaseId)).counts, { artifact_store: 2 });
});

test('a phase that runs again and comes to other weights says so', async () => {
  const { store } = fixture;
  await fixture.plan('other', trial('other-base', 'other-child'));
  await finish('other-base');
  const { phaseId, attempt, parent } = await begin(store, 'other-child');
  assert.ok(parent !== null);
  await store.failAttempt(phaseId, attempt, blame('parent', 'missing', parent));
  await store.reopenLost(keyOf('other-base'));
  await finish('other-base', [4], 'b1');
  const decided = await fixture.rows(
    "select decision from study.decisions where phase_key = $1 and decision in ('reopened', 'weights_differ') order by decision_id",
    [keyOf('other-base')],
  );
  assert.deepEqual(decided, [{ decision: 'reopened' }, { decision: 'weights_differ' }]);
});
